using System.Text.RegularExpressions;

namespace McpLongContext.Inference.Models.Sources;

/// <summary>A repository of the model hub, as <c>hf:ORG/REPO[/FILE|:QUANTIZATION][@REVISION]</c>.</summary>
/// <param name="Repository">Organization and repository, <c>ORG/REPO</c>.</param>
/// <param name="File">The weights file to use, where the repository has several; otherwise null.</param>
/// <param name="Revision">A branch, tag or commit; null is the main branch.</param>
internal sealed partial record HubReference(string Repository, string? File, string? Revision)
{
    /// <summary>The quantization of a GGUF file to use, such as <c>Q4_K_M</c>; otherwise null.</summary>
    public string? Quantization { get; init; }

    public const string Prefix = "hf:";

    /// <summary>The name that the model is installed under, such as <c>ORG--REPO</c>.</summary>
    public string ModelName =>
        Repository.Replace("/", "--", StringComparison.Ordinal)
        + (File is null ? "" : $"--{Path.GetFileNameWithoutExtension(File)}")
        + (Quantization is null ? "" : $"--{Quantization}");

    /// <summary>Reads a reference.</summary>
    /// <exception cref="ModelException">The text is no such reference.</exception>
    public static HubReference Parse(string text)
    {
        var match = Pattern.Match(text);
        if (!match.Success)
        {
            throw new ModelException(
                $"'{text}' is no hub repository: write hf:ORG/REPO, hf:ORG/REPO@REVISION, hf:ORG/REPO:Q4_K_M or "
                    + "hf:ORG/REPO/FILE.gguf."
            );
        }

        return new HubReference(match.Groups["repository"].Value, Optional("file"), Optional("revision"))
        {
            Quantization = Optional("quantization")?.ToUpperInvariant(),
        };

        string? Optional(string group) => match.Groups[group] is { Success: true, Value: var value } ? value : null;
    }

    public override string ToString() =>
        Prefix
        + Repository
        + (File is null ? "" : $"/{File}")
        + (Quantization is null ? "" : $":{Quantization}")
        + (Revision is null ? "" : $"@{Revision}");

    [GeneratedRegex(
        """
            ^hf:(?<repository>[A-Za-z0-9][A-Za-z0-9._-]*/[A-Za-z0-9][A-Za-z0-9._-]*)
            (/(?<file>([A-Za-z0-9_-][A-Za-z0-9._-]*/)*[A-Za-z0-9_-][A-Za-z0-9._-]*\.(safetensors|gguf))
            |:(?<quantization>[A-Za-z0-9_]+))?
            (@(?<revision>[A-Za-z0-9][A-Za-z0-9._/-]*))?$
            """,
        RegexOptions.IgnorePatternWhitespace | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex Pattern { get; }
}
