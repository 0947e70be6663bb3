using System.Numerics.Tensors;
using McpLongContext.Inference.Bert;
using McpLongContext.Inference.Bits;
using McpLongContext.Inference.Checkpoints;
using McpLongContext.Inference.Decoders;
using McpLongContext.Inference.Decoders.Packed;
using McpLongContext.Inference.EncoderDecoders;
using McpLongContext.Inference.Layers;
using McpLongContext.Inference.Models;
using McpLongContext.Inference.Tokenizers;
using McpLongContext.Inference.Tokenizers.Formats;

namespace McpLongContext.Inference.Proof;

/// <summary>
/// Proves that a model can be used before it counts as installed: loads it as it will be loaded, runs a short text
/// through it, and looks at what comes out.
/// </summary>
/// <param name="decoderPrecision">The arithmetic of generative models.</param>
/// <param name="encoderPrecision">The arithmetic of encoders.</param>
public sealed class ModelProof(Precision decoderPrecision, Precision encoderPrecision)
{
    private const int MaxTokens = 64;

    /// <summary>Every tokenizer has to give this back.</summary>
    private const string PlainText = "The quick brown fox jumps over the lazy dog. It costs 1,234.50 (that's all)!";

    /// <summary>Vocabularies of one language may lack some of this.</summary>
    private const string WideText = "Naïve café, 東京, привет 🙂\n\tindented  by two\r\n";

    /// <summary>Proves a model.</summary>
    /// <param name="model">The model; its int8 weights are kept in its folder, so that the next load is quick.</param>
    /// <returns>The facts about the model, and its purpose.</returns>
    /// <exception cref="ModelException">The model cannot be used; the message says why and what helps.</exception>
    public (ModelReport Report, string Purpose) Run(InstalledModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        try
        {
            if (BitTransformerConfig.FindFile(model.Folder) is { } bits)
            {
                return (RunBits(bits), ModelEntry.Bits);
            }

            if (EncoderDecoder.Describes(model.Folder))
            {
                return (RunEncoderDecoder(model.Folder), ModelEntry.EncoderDecoder);
            }

            return BertConfig.Describes(Path.Combine(model.Folder, BertConfig.FileName))
                ? (RunEncoder(model.Folder), ModelEntry.Encoder)
                : RunDecoder(model);
        }
        catch (Exception error) when (error is CheckpointException or ModelException or OutOfMemoryException)
        {
            // The folder where it was put together means nothing to anybody.
            var reason = error.Message.Replace(
                model.Folder + Path.DirectorySeparatorChar,
                "",
                StringComparison.Ordinal
            );
            reason = reason.Replace(model.Folder + ": ", "", StringComparison.Ordinal).TrimEnd('.');
            throw new ModelException($"{model.Name} cannot be used and was not installed: {reason}.", error);
        }
    }

    private (ModelReport Report, string Purpose) RunDecoder(InstalledModel model)
    {
        using var decoder = Decoder.Load(model.Folder, decoderPrecision, cache: WeightCache.Of(model));
        var tokenizer = ModelTokenizer.Load(model.Folder, decoder.Config);
        List<string> warnings = [.. decoder.Warnings, .. tokenizer.Settings.Warnings];
        CheckRoundTrip(model.Folder, tokenizer, warnings);
        var tokens = tokenizer.EncodePrompt(PlainText);
        tokens = tokens[..Math.Min(tokens.Length, Math.Min(MaxTokens, decoder.Config.ContextLength))];
        using (var session = decoder.CreateSession())
        {
            var states = new float[tokens.Length * decoder.Config.HiddenSize];
            session.Forward(tokens, states);
            session.Logits(states, new float[tokens.Length * decoder.Config.VocabularySize]);
        }

        var config = decoder.Config;
        var report = new ModelReport(
            config.Architecture,
            config.ParameterCount,
            config.ContextLength,
            NameOf(decoderPrecision),
            config.WeightBytes(decoderPrecision),
            2L * sizeof(float) * config.KeyValueSize * config.LayerCount,
            warnings
        );
        return (report, tokenizer.Settings.ChatTemplate is null ? ModelEntry.Completion : ModelEntry.Chat);
    }

    private ModelReport RunEncoderDecoder(string folder)
    {
        using var model = EncoderDecoder.Load(folder, decoderPrecision);
        var config = model.Config;
        var tokenizer = ModelTokenizer.Load(folder, config.VocabularySize);
        List<string> warnings = [.. model.Warnings, .. tokenizer.Settings.Warnings];
        CheckRoundTrip(folder, tokenizer, warnings);
        _ = BeamSettings.Read(folder);
        var tokens = tokenizer.Encode(PlainText);
        tokens = [.. tokens.Take(Math.Min(MaxTokens, config.MaxPositions - 1)), config.End];
        var states = new float[tokens.Length * config.HiddenSize];
        using (var encoder = model.CreateEncoder())
        {
            encoder.Encode(tokens, states);
        }

        using (var target = model.CreateTarget(states))
        {
            target.Step([config.TargetBegin], parents: [], new float[config.VocabularySize]);
        }

        return new ModelReport(
            config.Architecture,
            config.ParameterCount,
            config.Window,
            NameOf(decoderPrecision),
            config.WeightBytes(decoderPrecision),
            // A source token is kept in 8 bits a dimension with a scale.
            config.HiddenSize + sizeof(float),
            warnings
        );
    }

    private static void CheckRoundTrip(string folder, Tokenizer tokenizer, List<string> warnings)
    {
        var ids = tokenizer.Encode(PlainText);
        var text = tokenizer.Decode(ids);
        var hasUnknown = ids.Any(id => tokenizer.Vocabulary.KindOf(id) == TokenKind.Unknown);
        if (text != PlainText && !hasUnknown)
        {
            throw new CheckpointException(
                folder,
                $"its tokenizer turns '{PlainText}' into tokens of '{text}', expected those of the same text: the "
                    + "vocabulary or its merges are damaged. Fetch the tokenizer's files again"
            );
        }

        if (hasUnknown || tokenizer.Decode(tokenizer.Encode(WideText)) != WideText)
        {
            warnings.Add("tokenizer: characters that the vocabulary lacks are lost or become an unknown token");
        }
    }

    private ModelReport RunEncoder(string folder)
    {
        using var encoder = BertEncoder.Load(folder, encoderPrecision);
        encoder.RequireFinite();
        var text = encoder.Tokenizer.Tokenize(PlainText);
        List<int> tokens = [];
        encoder.AppendSequence(text.AsSpan(0, Math.Min(text.Length, encoder.MaxTextTokens)), tokens);
        var states = new float[tokens.Count * encoder.Config.HiddenSize];
        encoder.CreateSession().Encode(tokens.ToArray(), [tokens.Count], states);
        if (!TensorPrimitives.IsFiniteAll<float>(states))
        {
            throw new CheckpointException(
                folder,
                "its hidden states are not finite: its weights are damaged, or its configuration is that of another model. "
                    + "Fetch its files again"
            );
        }

        var config = encoder.Config;
        var bytes = encoderPrecision == Precision.Int8 ? sizeof(byte) : sizeof(float);
        return new ModelReport(
            "bert",
            config.ParameterCount,
            config.MaxPositions,
            NameOf(encoderPrecision),
            config.ParameterCount * bytes,
            TokenBytes: 0,
            text.Contains(encoder.Tokenizer.UnknownId)
                ? [.. config.Warnings, "tokenizer: characters that the vocabulary lacks become an unknown token"]
                : config.Warnings
        );
    }

    private static ModelReport RunBits(string path)
    {
        var model = BitTransformer.Load(path);
        var bits = new byte[Math.Min(MaxTokens, model.Config.MaxLength)];
        var logits = new float[2 * bits.Length];
        model.CreateSession().Forward(bits, place: 0, logits);
        if (!TensorPrimitives.IsFiniteAll<float>(logits))
        {
            throw new CheckpointException(path, "its logits are not finite: its weights are damaged");
        }

        var config = model.Config;
        return new ModelReport(
            "bit-transformer",
            config.ParameterCount,
            config.MaxLength,
            NameOf(Precision.Float32),
            config.ParameterCount * sizeof(float),
            2L * sizeof(float) * config.Width * config.LayerCount,
            []
        );
    }

    private static string NameOf(Precision precision) => precision == Precision.Int8 ? "int8" : "fp32";
}
