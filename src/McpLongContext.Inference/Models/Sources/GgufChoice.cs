using System.Text.RegularExpressions;

namespace McpLongContext.Inference.Models.Sources;

/// <summary>
/// Chooses among the GGUF files of a repository, which mostly hold the same weights in several quantizations.
/// </summary>
internal static partial class GgufChoice
{
    /// <summary>
    /// The default choice: four to five bits a weight keep nearly all of the quality in a
    /// third of the size, more bits cost only space and time, fewer cost quality.
    /// </summary>
    private static readonly string[] s_preference =
    [
        "Q4_K_M",
        "Q5_K_M",
        "Q4_K_S",
        "Q5_K_S",
        "Q6_K",
        "Q8_0",
        "Q5_1",
        "Q5_0",
        "Q4_1",
        "Q4_0",
        "F16",
        "FP16",
        "BF16",
        "F32",
        "FP32",
    ];

    /// <summary>The file of a quantization, or of the preferred one.</summary>
    /// <param name="paths">All files there are.</param>
    /// <param name="quantization">The user's choice, or null.</param>
    /// <param name="origin">The source, as the user wrote it, for messages.</param>
    /// <exception cref="ModelException">There is none, or several files are of it.</exception>
    public static string Select(IReadOnlyCollection<string> paths, string? quantization, string origin)
    {
        var files = Whole(paths).FindAll(path => path.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase));
        var names = quantization is null ? s_preference : [quantization];
        var found = names.Select(name => files.FindAll(file => Is(file, name))).FirstOrDefault(some => some.Count > 0);
        return found is [var only]
            ? only
            : throw new ModelException(
                (found, quantization) switch
                {
                    (not null, _) => $"{origin} has {found.Count} files of one quantization.",
                    (_, not null) => $"{origin} has no {quantization} in one file.",
                    _ => $"{origin} has several weights files.",
                } + Choices(paths, origin)
            );
    }

    private static string Choices(IReadOnlyCollection<string> paths, string origin)
    {
        var weights = Whole(paths);
        return weights.Count == 0
            ? " A file of split weights cannot be read by itself: merge them, and install the folder."
            : $" Name one of them, as in {origin}/{weights[0]}: {string.Join(", ", weights)}";
    }

    /// <summary>
    /// Whether a file's name says that it is of a quantization: <c>model-q4_k_m.gguf</c>, <c>model.Q4_K_M.gguf</c>.
    /// </summary>
    private static bool Is(string file, string quantization)
    {
        var name = Path.GetFileNameWithoutExtension(file);
        return name.EndsWith(quantization, StringComparison.OrdinalIgnoreCase)
            && (name.Length == quantization.Length || name[^(quantization.Length + 1)] is '-' or '.' or '_');
    }

    /// <summary>The files that hold a whole model, and not one of several parts.</summary>
    private static List<string> Whole(IReadOnlyCollection<string> paths) =>
        NeededFiles.WeightsOf(paths).FindAll(path => !PartName.IsMatch(path));

    [GeneratedRegex(@"-\d{5}-of-\d{5}\.[a-z]+$", RegexOptions.IgnoreCase, matchTimeoutMilliseconds: 1000)]
    private static partial Regex PartName { get; }
}
