using McpLongContext.Bits.Streams;
using McpLongContext.Context.Contracts;
using McpLongContext.Inference;
using McpLongContext.Inference.Bert;
using McpLongContext.Inference.Bits;
using McpLongContext.Inference.Checkpoints;
using McpLongContext.Inference.Decoders;
using McpLongContext.Inference.Decoders.Packed;
using McpLongContext.Inference.Models;
using McpLongContext.Inference.Tokenizers.Formats;
using McpLongContext.LongAttention.Positions;

namespace McpLongContext.Context.Positions;

/// <summary>
/// Changes the window of installed models. What is asked is checked before any weights are loaded, its effect on a
/// short text is measured before anything is kept; one model at a time, because a model fills the RAM.
/// </summary>
internal sealed class ContextExtender(ModelStore models, LongContextOptions options) : IDisposable
{
    /// <summary>The most that a window may grow: none of the methods is known to hold beyond.</summary>
    public const int MaxFactor = 64;

    /// <summary>Everyday words, which small models know, too.</summary>
    private const string ShortText =
        "Once upon a time, in a small town by the sea, there lived a girl who liked to count boats. Every morning she "
        + "went down to the harbour with her brother. They sat on the old wall, ate bread and cheese, and watched the "
        + "fishermen come home. One day the wind was strong and a little red boat did not come back. The girl was "
        + "worried. She ran to the lighthouse and asked the keeper to turn on the big lamp. The keeper smiled, climbed "
        + "the stairs and lit it. Soon they saw the red boat far away, and everybody on the wall was happy again.";

    private readonly SemaphoreSlim _gate = new(1);

    /// <summary>
    /// Gives a model another window, from its next request on; nothing is kept of what was checked in vain.
    /// </summary>
    /// <exception cref="ContextException">An argument is not valid; the message names it.</exception>
    /// <exception cref="ModelException">The model is damaged or not supported.</exception>
    public async Task<PositionReport> ExpandAsync(PositionRequest request, CancellationToken cancellation)
    {
        var model = Installed(request.Model);
        await _gate.WaitAsync(cancellation);
        try
        {
            return await Task.Run(() => Expand(model, request, cancellation), cancellation);
        }
        catch (CheckpointException error)
        {
            throw new ModelException(
                $"The model {model.Name} cannot be used: {error.Message}. Remove it and install it again, or choose "
                    + "another one with model.",
                error
            );
        }
        finally
        {
            _gate.Release();
        }
    }

    public void Dispose() => _gate.Dispose();

    private PositionReport Expand(InstalledModel model, PositionRequest request, CancellationToken cancellation)
    {
        var report =
            BitTransformerConfig.FindFile(model.Folder) is { } bits ? ExpandBits(model, bits, request)
            : BertConfig.Describes(Path.Combine(model.Folder, BertConfig.FileName)) ? ExpandEncoder(model, request)
            : ExpandDecoder(model, request, cancellation);
        if (!double.IsFinite(report.Parity.LargestChange))
        {
            throw new ContextException(
                $"method: {report.Method.Name()} to {report.NewLength} tokens makes {model.Name} compute no numbers any "
                    + "more; use another method or a shorter length. Nothing was changed."
            );
        }

        PositionFile.Write(model.Folder, new PositionSettings(report.TrainedLength, report.NewLength, report.Method));
        return report;
    }

    private PositionReport ExpandEncoder(InstalledModel model, PositionRequest request)
    {
        var length = BertConfig.Load(Path.Combine(model.Folder, BertConfig.FileName)).MaxPositions;
        RequireLength(model, request, length);
        using var trained = BertEncoder.Load(model.Folder, options.EncoderPrecision);
        var order = SinusoidalTable.Recognize(trained.ReadTrainedPositions(), trained.Config.HiddenSize);
        var kind = order is null ? PositionKind.Learned : PositionKind.Sinusoidal;
        var settings = Choose(model, request, length, kind, PositionMethods.Of(kind));
        var text = trained.Tokenizer.Tokenize(ShortText);
        var parity = PositionParity.Measure(
            trained,
            settings.Apply(trained),
            text.AsSpan(0, Math.Min(text.Length, Math.Min(PositionParity.MaxTokens, trained.MaxTextTokens)))
        );
        return Report(model, kind, settings, parity, tokens => FootprintEstimate.Of(trained.Config, tokens));
    }

    private static PositionReport ExpandBits(InstalledModel model, string path, PositionRequest request)
    {
        var trained = BitTransformer.Load(path);
        var length = trained.Config.MaxLength;
        RequireLength(model, request, length);
        var kind = PositionKind.Sinusoidal;
        var settings = Choose(model, request, length, kind, PositionMethods.Of(kind));
        var text = System.Text.Encoding.UTF8.GetBytes(ShortText);
        var bits = ByteBits.Of(trained.Config.RunLength ? RunLength.Encode(text) : text, trained.Config.Parity);
        var parity = PositionParity.Measure(
            trained,
            settings.Apply(trained),
            bits.AsSpan(0, Math.Min(bits.Length, length))
        );
        return Report(model, kind, settings, parity, tokens => FootprintEstimate.Of(trained.Config, tokens));
    }

    private static PositionReport ExpandDecoder(
        InstalledModel model,
        PositionRequest request,
        CancellationToken cancellation
    )
    {
        var config = DecoderConfig.Load(model.Folder);
        RequireLength(model, request, config.ContextLength);
        var methods = PositionMethods.Of(config);
        var settings = Choose(model, request, config.ContextLength, PositionKind.Rotary, methods);
        var tokens = ModelTokenizer.Load(model.Folder).EncodePrompt(ShortText);
        // Its packed weights are mapped: RAM that a model which is in use already has.
        using var trained = Decoder.Load(model.Folder, cache: WeightCache.Of(model));
        cancellation.ThrowIfCancellationRequested();
        var parity = PositionParity.Measure(
            trained,
            settings.Apply(trained),
            tokens.AsSpan(0, Math.Min(tokens.Length, Math.Min(PositionParity.MaxTokens, config.ContextLength))),
            cancellation
        );
        return Report(model, PositionKind.Rotary, settings, parity, length => FootprintEstimate.Of(config, length));
    }

    private static PositionReport Report(
        InstalledModel model,
        PositionKind kind,
        PositionSettings settings,
        PositionParity parity,
        Func<int, FootprintEstimate> memory
    )
    {
        var old = OldLength(model, settings.TrainedLength);
        return new PositionReport(
            model.Name,
            kind,
            settings.TrainedLength,
            old,
            settings.Length,
            settings.Method,
            memory(old),
            memory(settings.Length),
            parity
        );
    }

    /// <summary>The window in force; where the file is damaged, which this call fixes, the trained one.</summary>
    private static int OldLength(InstalledModel model, int trained)
    {
        try
        {
            return PositionFile.Read(model.Folder)?.Length ?? trained;
        }
        catch (ModelException)
        {
            return trained;
        }
    }

    private static PositionSettings Choose(
        InstalledModel model,
        PositionRequest request,
        int trained,
        PositionKind kind,
        IReadOnlyList<PositionMethod> methods
    )
    {
        if (request.Method is { } given and not PositionMethod.Trained && !methods.Contains(given))
        {
            throw new ContextException(
                $"method: {given.Name()} does not fit {model.Name}, whose positions are {kind.ToString().ToLowerInvariant()}; "
                    + $"use {Names(methods)}, or leave it out for {methods[0].Name()}."
            );
        }

        if (request.NewLength == trained)
        {
            return PositionSettings.Trained(trained);
        }

        return request.Method == PositionMethod.Trained
            ? throw new ContextException(
                $"method: trained keeps the {trained} tokens of {model.Name}, and new_length is {request.NewLength}; use "
                    + $"{Names(methods)}, or new_length {trained}."
            )
            : new PositionSettings(trained, request.NewLength, request.Method ?? methods[0]);
    }

    private static void RequireLength(InstalledModel model, PositionRequest request, int trained)
    {
        var most = Math.Min((long)trained * MaxFactor, int.MaxValue);
        if (request.NewLength < trained || request.NewLength > most)
        {
            throw new ContextException(
                $"new_length: {request.NewLength} is out of range for {model.Name}; use {trained}, its trained window, "
                    + $"to {most} tokens, {MaxFactor} times that."
            );
        }
    }

    private InstalledModel Installed(string name)
    {
        var all = models.List();
        var folder = models.Find(name);
        return all.FirstOrDefault(model => model.Folder == folder)
            ?? throw new ContextException(
                $"model: '{name}' is not installed; "
                    + (all.Count > 0 ? $"use {string.Join(" or ", all.Select(model => model.Name))}, or " : "")
                    + "install one with `mcp-long-context models install NAME`."
            );
    }

    private static string Names(IReadOnlyList<PositionMethod> methods) =>
        string.Join(" or ", methods.Select(method => method.Name()));
}
