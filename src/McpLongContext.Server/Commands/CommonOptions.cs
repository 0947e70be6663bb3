using System.CommandLine;

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

    public static Option<int?> Number(string name, string description, int? otherwise = null) =>
        new(name)
        {
            Description = description,
            HelpName = "N",
            DefaultValueFactory = _ => otherwise,
            CustomParser = result =>
            {
                if (int.TryParse(result.Tokens[0].Value, out var number))
                {
                    return number;
                }

                result.AddError($"{name}: expected a whole number, found '{result.Tokens[0].Value}'.");
                return null;
            },
        };
}
