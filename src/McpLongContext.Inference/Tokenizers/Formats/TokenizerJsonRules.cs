using System.Text.Json;
using McpLongContext.Inference.Checkpoints;
using McpLongContext.Inference.Tokenizers.PreTokenizers;

namespace McpLongContext.Inference.Tokenizers.Formats;

/// <summary>The effect of a <c>tokenizer.json</c>'s normalizer and pre-tokenizer on text.</summary>
/// <param name="IsByteLevel">Whether bytes are merged, rather than characters.</param>
/// <param name="Words">The rules that cut text into words, where bytes are merged.</param>
/// <param name="AddsSpace">Whether a space is put before a text, where characters are merged.</param>
internal sealed record TokenizerJsonRules(bool IsByteLevel, IPreTokenizer[] Words, bool AddsSpace)
{
    private const string Mark = "\u2581";

    /// <summary>Reads the rules.</summary>
    /// <exception cref="CheckpointException">The rules are not those of a supported family.</exception>
    public static TokenizerJsonRules Read(string path, JsonElement root)
    {
        var normalizers = Steps(root.Member("normalizer"), "normalizers").ToList();
        var steps = Steps(root.Member("pre_tokenizer"), "pretokenizers").ToList();
        if (steps.Exists(step => step.Text("type") == "ByteLevel"))
        {
            foreach (var normalizer in normalizers)
            {
                Require(path, "normalizer", normalizer, normalizer.Text("type") == "NFC", "none or NFC");
            }

            return new(IsByteLevel: true, [.. steps.SelectMany(step => WordsOf(path, step))], AddsSpace: false);
        }

        var addsSpace = false;
        foreach (var normalizer in normalizers)
        {
            var isPrepend = normalizer.Text("type") == "Prepend" && normalizer.Text("prepend") == Mark;
            var isReplace =
                normalizer.Text("type") == "Replace"
                && normalizer.Text("content") == Mark
                && normalizer.Member("pattern")?.Text("String") == " ";
            Require(path, "normalizer", normalizer, isPrepend || isReplace, "spaces written as ▁");
            addsSpace |= isPrepend;
        }

        foreach (var step in steps)
        {
            var isWhole =
                step.Text("type") == "Metaspace" && step.Member("split") is { ValueKind: JsonValueKind.False };
            Require(path, "pre_tokenizer", step, isWhole, "ByteLevel, or Metaspace that does not split");
            addsSpace |= step.Text("prepend_scheme") is "first" or "always";
        }

        return new(IsByteLevel: false, [], addsSpace);
    }

    private static IEnumerable<IPreTokenizer> WordsOf(string path, JsonElement step)
    {
        switch (step.Text("type"))
        {
            case "ByteLevel":
                Require(path, "pre_tokenizer", step, !step.Flag("add_prefix_space"), "no add_prefix_space");
                return step.Member("use_regex") is { ValueKind: JsonValueKind.False } ? [] : [new Gpt2PreTokenizer()];
            case "Digits":
                return step.Flag("individual_digits") ? [new SingleNumbers()] : [new NumberRuns()];
            case "Split":
                // The rules match everything, so that what matches is kept in either way.
                var isIsolated = step.Text("behavior") == "Isolated" && !step.Flag("invert");
                var isKept = step.Text("behavior") == "Removed" && step.Flag("invert");
                Require(path, "pre_tokenizer", step, isIsolated || isKept, "the behavior Isolated");
                return [PreTokenizerRules.OfPattern(path, step.Member("pattern")?.Text("Regex"))];
            default:
                Require(path, "pre_tokenizer", step, holds: false, "ByteLevel, Digits or Split");
                return [];
        }
    }

    /// <summary>The steps of a sequence; one where there is no sequence, none where there is nothing.</summary>
    public static IEnumerable<JsonElement> Steps(JsonElement? part, string members) =>
        part switch
        {
            null => [],
            { } sequence when sequence.Text("type") == "Sequence" => sequence.GetProperty(members).EnumerateArray(),
            { } single => [single],
        };

    private static void Require(string path, string part, JsonElement found, bool holds, string expected)
    {
        if (!holds)
        {
            throw new CheckpointException(path, $"{part}: {found.GetRawText()} found, expected {expected}");
        }
    }
}
