using McpLongContext.Inference.EncoderDecoders;
using McpLongContext.Inference.Layers;
using McpLongContext.Inference.Tokenizers;
using McpLongContext.LongAttention.Unlimiformer.CrossAttention;
using McpLongContext.Training.Language;
using McpLongContext.Training.Unlimiformer.Examples;

namespace McpLongContext.Training.Unlimiformer;

/// <summary>
/// Lets the product's engine write targets from whole sources, as far as examples have them, with the model as it would be installed: by Unlimiformer
/// and, for comparison, from the first window alone.
/// </summary>
/// <param name="folder">The model's folder.</param>
/// <param name="tokenizer">The model's tokenizer.</param>
/// <param name="frame">The tokens around every window.</param>
/// <param name="settings">How sources are encoded.</param>
/// <param name="threads">Threads that compute.</param>
internal sealed class TargetEvaluation(
    string folder,
    Tokenizer tokenizer,
    SourceFrame frame,
    UnlimiformerSettings settings,
    int threads
)
{
    private const string Unlimiformer = "Unlimiformer";
    private const string FirstWindow = "first window";

    /// <summary>Tokens that a head attends to.</summary>
    public static int TopOf(EncoderDecoderConfig config) => Math.Min(config.Window, RetrievalCrossAttention.MaxTop);

    /// <summary>Writes the targets of examples.</summary>
    /// <param name="examples">The examples.</param>
    /// <param name="isExact">Whether answers are right or wrong as a whole; otherwise ROUGE is measured.</param>
    /// <param name="cancellation">Breaks it off.</param>
    public TargetScores Run(IReadOnlyList<SourceExample> examples, bool isExact, CancellationToken cancellation)
    {
        using var model = EncoderDecoder.Load(folder, Precision.Float32, threads);
        using var encoder = new SourceEncoder(model, frame, model.Config.Window, settings.Overlap, threads);
        using var threadPool = new ComputeThreadPool(threads);
        var projections = new CrossProjections(model);
        // The likeliest tokens where they are right or wrong; otherwise the search that the model recommends.
        var search = isExact ? new BeamSettings { Beams = 1, NoRepeatNgram = 0 } : BeamSettings.Read(folder);
        var written = new Dictionary<string, List<(string Reference, string Text)>>
        {
            [Unlimiformer] = [],
            [FirstWindow] = [],
        };
        foreach (var example in examples)
        {
            var source = new ExactSource(Encode(encoder, example.Source), model.Config.HiddenSize);
            var first = Encode(encoder, example.Source[..Math.Min(example.Source.Length, Room(model))]);
            foreach (var target in example.Targets)
            {
                cancellation.ThrowIfCancellationRequested();
                Write(Unlimiformer, target, new RetrievalCrossAttention(projections, source, TopOf(model.Config)));
                Write(FirstWindow, target, new CachedCrossAttention(model, first, threadPool));
            }
        }

        var measured = new Dictionary<string, double>();
        foreach (var (way, texts) in written)
        {
            Add(way, texts, isExact, measured);
        }

        var name = isExact ? "exact" : "ROUGE-L";
        return new TargetScores(
            measured[$"{name}, {(settings.TestsUnlimiformer ? Unlimiformer : FirstWindow)}"],
            measured
        );

        void Write(string way, TargetExample target, ICrossAttention attention)
        {
            using var session = model.CreateTarget(attention, threads);
            var tokens = Search(session, search, target, isExact, cancellation);
            written[way]
                .Add((tokenizer.Decode(target.Answer.AsSpan(0, target.Answer.Length - 1)), tokenizer.Decode(tokens)));
        }
    }

    private int Room(EncoderDecoder model) => model.Config.Window - frame.Length;

    private static float[] Encode(SourceEncoder encoder, int[] source)
    {
        var states = new List<float>();
        encoder.Encode(
            source,
            (kept, _, _) =>
            {
                states.AddRange(kept);
                return true;
            }
        );
        return [.. states];
    }

    private int[] Search(
        TargetSession session,
        BeamSettings search,
        TargetExample target,
        bool isExact,
        CancellationToken cancellation
    )
    {
        var most = 1 + target.Prompt.Length + ((isExact ? 1 : 2) * target.Answer.Length);
        search = search with { MaxLength = Math.Min(most, session.Model.Config.MaxPositions), MinLength = 0 };
        var found = new BeamSearch(session, search, tokenizer.Vocabulary.Count, target.Prompt).Run(
            cancellation: cancellation
        );
        // A search that is broken off returns what it has.
        cancellation.ThrowIfCancellationRequested();
        return [.. found.Tokens.Skip(target.Prompt.Length)];
    }

    private static void Add(
        string way,
        List<(string Reference, string Text)> texts,
        bool isExact,
        Dictionary<string, double> measured
    )
    {
        if (isExact)
        {
            measured[$"exact, {way}"] = texts.Average(one => one.Reference == one.Text ? 1.0 : 0);
            return;
        }

        measured[$"ROUGE-1, {way}"] = texts.Average(one => Rouge.N(one.Reference, one.Text, 1).F);
        measured[$"ROUGE-2, {way}"] = texts.Average(one => Rouge.N(one.Reference, one.Text, 2).F);
        measured[$"ROUGE-L, {way}"] = texts.Average(one => Rouge.L(one.Reference, one.Text).F);
    }
}
