using System.Buffers;

namespace McpLongContext.Storage;

/// <summary>The names that a datastore can have: those that are folder names on every platform.</summary>
public static class DatastoreName
{
    /// <summary>The longest name.</summary>
    public const int MaxLength = 64;

    private static readonly SearchValues<char> s_allowed = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-"
    );

    /// <summary>Returns the name when it is valid.</summary>
    /// <exception cref="DatastoreException">The name is not valid.</exception>
    public static string Require(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (!IsValid(name))
        {
            throw new DatastoreException(
                $"'{Shorten(name)}' cannot name a datastore: use 1 to {MaxLength} letters (A-Z), digits, '.', '_' "
                    + "or '-', with no '.' at the start or end, and no device name such as 'con'."
            );
        }

        return name;
    }

    private static bool IsValid(string name) =>
        name.Length is > 0 and <= MaxLength
        && !name.AsSpan().ContainsAnyExcept(s_allowed)
        && name[0] != '.'
        && name[^1] != '.'
        && !IsDevice(
            name.AsSpan(0, name.IndexOf('.', StringComparison.Ordinal) is >= 0 and var dot ? dot : name.Length)
        );

    /// <summary>Windows reserves these, with any extension.</summary>
    private static bool IsDevice(ReadOnlySpan<char> stem)
    {
        var numbered = stem.Length == 4 && char.IsAsciiDigit(stem[3]);
        var device = numbered ? stem[..3] : stem;
        string[] devices = numbered ? ["com", "lpt"] : ["con", "prn", "aux", "nul"];
        foreach (var reserved in devices)
        {
            if (device.Equals(reserved, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }

    private static string Shorten(string name) => name.Length <= 80 ? name : name[..80] + "…";
}
