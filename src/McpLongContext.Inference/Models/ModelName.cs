using System.Text.RegularExpressions;

namespace McpLongContext.Inference.Models;

/// <summary>The names of installed models, which are also the names of their folders.</summary>
internal static partial class ModelName
{
    /// <summary>Whether a text can be the name of a model's folder on every platform.</summary>
    public static bool IsValid(string name) => Pattern.IsMatch(name);

    /// <summary>The name of a model from a local folder: the folder's own name.</summary>
    /// <exception cref="ModelException">The folder's name cannot be a model's name.</exception>
    public static string FromFolder(string folder)
    {
        var name = Path.GetFileName(folder);
        return IsValid(name)
            ? name
            : throw new ModelException(
                $"The folder {folder} cannot give its name to a model: letters, digits, '.', '_' and '-' are allowed. Rename it."
            );
    }

    /// <summary>The name of a model from a file of weights: its own, with '-' for what no name may have.</summary>
    /// <exception cref="ModelException">Nothing of it is left.</exception>
    public static string FromFile(string stem)
    {
        var name = Forbidden.Replace(stem, "-").Trim('-', '.', '_');
        return IsValid(name)
            ? name
            : throw new ModelException(
                $"The file {stem} cannot give its name to a model: a letter or a digit is needed. Rename it."
            );
    }

    [GeneratedRegex("[^A-Za-z0-9._-]+", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Forbidden { get; }

    [GeneratedRegex(
        @"^[A-Za-z0-9][A-Za-z0-9._-]{0,199}(?<!\.)$",
        RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex Pattern { get; }
}
