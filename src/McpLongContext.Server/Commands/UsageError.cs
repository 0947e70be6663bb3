using System.CommandLine;
using System.CommandLine.Parsing;
using McpLongContext.Context.Documents;

namespace McpLongContext.Server.Commands;

/// <summary>Says what is wrong with a command line: the argument, what was found and what to write instead.</summary>
internal static class UsageError
{
    /// <summary>A line for each error, and how to learn more.</summary>
    /// <param name="parsed">A command line with errors.</param>
    public static string Render(ParseResult parsed)
    {
        var command = parsed.CommandResult.Command;
        var unmatched = parsed.UnmatchedTokens.Select(token => Unexpected(command, token));
        var others = parsed
            .Errors.Where(error => !IsUnmatched(error, parsed.UnmatchedTokens))
            .Select(error => Explain(command, error));
        var name = string.Join(' ', Names(parsed.CommandResult).Reverse());
        return VisibleText.Lines(string.Join('\n', [.. unmatched, .. others, $"Usage: {name} --help"]));
    }

    private static bool IsUnmatched(ParseError error, IReadOnlyList<string> tokens) =>
        error.SymbolResult is null or CommandResult && tokens.Any(token => error.Message.Contains($"'{token}'"));

    private static string Unexpected(Command command, string token)
    {
        if (token.StartsWith('-'))
        {
            return $"{token}: unknown option; {Name(command)} takes {List(Options(command))}.";
        }

        if (command.Subcommands.Count > 0)
        {
            return $"{token}: unknown command; use one of {List(command.Subcommands.Select(known => known.Name))}.";
        }

        return command.Arguments.Count == 0
            ? $"'{token}': {Name(command)} takes no argument."
            : $"'{token}': one argument too many; {Name(command)} takes {List(command.Arguments.Select(a => a.Name))}. "
                + "Put words that belong together in quotes.";
    }

    private static string Explain(Command command, ParseError error) =>
        error.SymbolResult switch
        {
            ArgumentResult { Argument: var argument, Tokens.Count: 0 } =>
                $"{argument.Name}: missing. {argument.Description}",
            OptionResult { Option: var option, Tokens.Count: 0, Implicit: false } =>
                $"{option.Name}: its value is missing. {option.Description}",
            _ when FindRequired(command, error) is { } option => $"{option.Name}: missing. {option.Description}",
            _ => error.Message,
        };

    private static Option? FindRequired(Command command, ParseError error) =>
        command.Options.FirstOrDefault(option => option.Required && error.Message.Contains($"'{option.Name}'"));

    private static IEnumerable<string> Options(Command command) =>
        command
            .Options.Concat(Above(command).SelectMany(parent => parent.Options.Where(one => one.Recursive)))
            .Select(option => option.Name);

    private static IEnumerable<Command> Above(Command command) =>
        command.Parents.OfType<Command>().SelectMany(parent => Above(parent).Prepend(parent));

    private static IEnumerable<string> Names(SymbolResult? result)
    {
        for (; result is CommandResult command; result = result.Parent)
        {
            yield return Name(command.Command);
        }
    }

    private static string Name(Command command) => command is RootCommand ? "mcp-long-context" : command.Name;

    private static string List(IEnumerable<string> names) => string.Join(", ", names.Distinct(StringComparer.Ordinal));
}
