using System.CommandLine;
using System.Globalization;
using McpLongContext.Context.Contracts;

namespace McpLongContext.Server.Commands;

/// <summary>Options that several commands share.</summary>
internal static class CommonOptions
{
    public static Option<string> Datastore(string description) =>
        new("--datastore", "-d")
        {
            Description = description,
            HelpName = "NAME",
            DefaultValueFactory = _ => "default",
        };

    public static Option<MemoryKind> Memory(string description) => Choice<MemoryKind>("--memory", description);

    /// <summary>
    /// One of the names of <typeparamref name="T"/>, which is its first when left out; another is wrong usage.
    /// </summary>
    public static Option<T> Choice<T>(string name, string description)
        where T : struct, Enum
    {
        var names = Enum.GetNames<T>().Select(choice => choice.ToLowerInvariant()).ToArray();
        return new(name)
        {
            Description = description,
            HelpName = string.Join('|', names),
            CustomParser = result =>
            {
                var text = result.Tokens[0].Value;
                var index = Array.FindIndex(names, choice => choice.Equals(text, StringComparison.OrdinalIgnoreCase));
                if (index >= 0)
                {
                    return Enum.GetValues<T>()[index];
                }

                result.AddError($"{name}: expected one of {string.Join(", ", names)}, found '{text}'.");
                return default;
            },
        };
    }

    /// <summary>A whole number; one out of range is wrong usage.</summary>
    public static Option<int?> Number(string name, string description, int least, int most, int? otherwise = null) =>
        new(name)
        {
            Description = description,
            HelpName = "N",
            DefaultValueFactory = otherwise is null ? null : _ => otherwise,
            CustomParser = result =>
            {
                var text = result.Tokens[0].Value;
                if (
                    int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
                    && number >= least
                    && number <= most
                )
                {
                    return number;
                }

                result.AddError($"{name}: expected a whole number from {least} to {most}, found '{text}'.");
                return null;
            },
        };
}
