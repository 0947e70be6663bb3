using System.CommandLine;
using System.Globalization;
using McpLongContext.Context.Answers;

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

    public static Option<MemoryKind> Memory(string description) =>
        new("--memory") { Description = description, HelpName = "window|unlimiformer|infini" };

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
