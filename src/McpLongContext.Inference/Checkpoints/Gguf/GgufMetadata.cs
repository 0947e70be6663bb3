using System.Numerics;

namespace McpLongContext.Inference.Checkpoints.Gguf;

/// <summary>
/// The key-value pairs of a GGUF file, for example <c>general.architecture</c>. Any integer type of the file reads as
/// an integer that holds the value, any float type as a double; a missing key is null, a key of another type an error.
/// </summary>
public sealed class GgufMetadata
{
    private readonly string _path;
    private readonly Dictionary<string, object> _values;

    internal GgufMetadata(string path, Dictionary<string, object> values)
    {
        _path = path;
        _values = values;
    }

    /// <summary>All keys, in the order of the file.</summary>
    public IReadOnlyCollection<string> Keys => _values.Keys;

    /// <summary>Whether a key exists.</summary>
    public bool Contains(string key) => _values.ContainsKey(key);

    /// <summary>A text.</summary>
    /// <exception cref="CheckpointException">The value is not a text.</exception>
    public string? FindString(string key) =>
        Find(key) switch
        {
            null => null,
            string text => text,
            var other => throw Wrong(key, other, "a string"),
        };

    /// <summary>An integer of any width.</summary>
    /// <exception cref="CheckpointException">The value is not an integer, or out of range.</exception>
    public int? FindInt32(string key) =>
        Find(key) switch
        {
            null => null,
            BigInteger number when number >= int.MinValue && number <= int.MaxValue => (int)number,
            BigInteger number => throw new CheckpointException(
                _path,
                $"metadata '{key}': {number} found, expected at most {int.MaxValue}"
            ),
            var other => throw Wrong(key, other, "an integer"),
        };

    /// <summary>A number: a float, or an integer as one.</summary>
    /// <exception cref="CheckpointException">The value is not a number.</exception>
    public double? FindDouble(string key) =>
        Find(key) switch
        {
            null => null,
            double number => number,
            BigInteger number => (double)number,
            var other => throw Wrong(key, other, "a number"),
        };

    /// <summary>A truth value.</summary>
    /// <exception cref="CheckpointException">The value is not a truth value.</exception>
    public bool? FindBoolean(string key) =>
        Find(key) switch
        {
            null => null,
            bool flag => flag,
            var other => throw Wrong(key, other, "a bool"),
        };

    /// <summary>A list of texts.</summary>
    /// <exception cref="CheckpointException">The value is not a list of texts.</exception>
    public IReadOnlyList<string>? FindStrings(string key) => FindList<string>(key, "an array of strings");

    /// <summary>A list of integers of at most 32 bits.</summary>
    /// <exception cref="CheckpointException">The value is not a list of such integers.</exception>
    public IReadOnlyList<int>? FindInt32s(string key) => FindList<int>(key, "an array of integers of at most 32 bits");

    /// <summary>A list of floats.</summary>
    /// <exception cref="CheckpointException">The value is not a list of floats.</exception>
    public IReadOnlyList<float>? FindSingles(string key) => FindList<float>(key, "an array of floats");

    /// <summary>A list of truth values.</summary>
    /// <exception cref="CheckpointException">The value is not a list of truth values.</exception>
    public IReadOnlyList<bool>? FindBooleans(string key) => FindList<bool>(key, "an array of bools");

    /// <summary>A text that has to be there.</summary>
    /// <exception cref="CheckpointException">The text is missing or of another type.</exception>
    public string GetString(string key) => FindString(key) ?? throw Missing(key, "a string");

    /// <summary>An integer that has to be there.</summary>
    /// <exception cref="CheckpointException">The integer is missing, of another type, or out of range.</exception>
    public int GetInt32(string key) => FindInt32(key) ?? throw Missing(key, "an integer");

    /// <summary>A number that has to be there.</summary>
    /// <exception cref="CheckpointException">The number is missing or of another type.</exception>
    public double GetDouble(string key) => FindDouble(key) ?? throw Missing(key, "a number");

    /// <summary>A list of texts that has to be there.</summary>
    /// <exception cref="CheckpointException">The list is missing or of another type.</exception>
    public IReadOnlyList<string> GetStrings(string key) =>
        FindStrings(key) ?? throw Missing(key, "an array of strings");

    private object? Find(string key) => _values.GetValueOrDefault(key);

    private T[]? FindList<T>(string key, string expected) =>
        Find(key) switch
        {
            null => null,
            // An array of arrays passes for none: object[] is what any array of references is.
            T[] list when list.GetType() == typeof(T[]) => list,
            Array { Length: 0 } => [],
            var other => throw Wrong(key, other, expected),
        };

    private CheckpointException Missing(string key, string expected) =>
        new(_path, $"metadata '{key}': nothing found, expected {expected}");

    private CheckpointException Wrong(string key, object found, string expected) =>
        new(_path, $"metadata '{key}': {Describe(found)} found, expected {expected}");

    private static string Describe(object value) =>
        value switch
        {
            string text => $"the string \"{(text.Length <= 40 ? text : text[..40] + "...")}\"",
            bool flag => flag ? "true" : "false",
            Array list => $"an array of {list.Length} {list.GetType().GetElementType()!.Name}",
            _ => $"the number {value}",
        };
}
