namespace McpLongContext.Inference.Tokenizers;

/// <summary>The settings in a model's files for its tokens, beyond the vocabulary.</summary>
public sealed record TokenizerSettings
{
    /// <summary>
    /// The names of tokens that end what a model says, in the families whose files may name only one of several.
    /// </summary>
    private static readonly string[] s_endNames =
    [
        "<|eot_id|>",
        "<|im_end|>",
        "<|end_of_text|>",
        "<|endoftext|>",
        "<|end|>",
        "<end_of_turn>",
    ];

    /// <summary>The token that begins a text, where there is one.</summary>
    public int? Begin { get; init; }

    /// <summary>Whether every text has to begin with <see cref="Begin"/>.</summary>
    public bool AddsBegin { get; init; }

    /// <summary>The tokens at which generation ends.</summary>
    public IReadOnlySet<int> Ends { get; init; } = new HashSet<int>();

    /// <summary>
    /// The end of a text or turn that the files name, where they do: what a template calls <c>eos_token</c>.
    /// </summary>
    public int? End { get; init; }

    /// <summary>The chat template, as the model's files have it; null for a model that only continues texts.</summary>
    public string? ChatTemplate { get; init; }

    /// <summary>The settings of the files that were ignored, a sentence each.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>Steps of the reference implementation with this vocabulary that are not taken here.</summary>
    /// <param name="vocabulary">The tokens.</param>
    /// <param name="addsEnd">Whether the files ask for an end after every text.</param>
    internal static List<string> WarningsOf(TokenVocabulary vocabulary, bool addsEnd)
    {
        var warnings = new List<string>();
        if (addsEnd)
        {
            warnings.Add("add_eos_token: no end is put after a text, because texts are continued here");
        }

        var plain = vocabulary.AddedTexts.Where(text => !IsMark(text)).Take(3).ToList();
        if (plain.Count > 0)
        {
            warnings.Add(
                $"added tokens ('{string.Join("', '", plain)}'): they are not found in text, which is cut without them"
            );
        }

        return warnings;
    }

    /// <summary>
    /// Whether a text is written as structure, <c>&lt;tool_call&gt;</c> or <c>[INST]</c>: never found in text by
    /// intent.
    /// </summary>
    private static bool IsMark(string text) => text is ['<', .., '>'] or ['[', .., ']'];

    /// <summary>All tokens that end a text: those that are named, and those that such models have for it.</summary>
    internal static HashSet<int> EndsOf(TokenVocabulary vocabulary, params IEnumerable<int?> named) =>
        [
            .. named
                .Concat(s_endNames.Select(name => (int?)vocabulary.FindSpecial(name)))
                .OfType<int>()
                .Where(id => id >= 0 && id < vocabulary.Count),
        ];
}
