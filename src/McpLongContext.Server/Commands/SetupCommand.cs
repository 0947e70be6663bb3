using System.CommandLine;
using System.Text.Json.Nodes;
using McpLongContext.Context.Contracts;
using McpLongContext.Context.Documents;
using McpLongContext.Server.Setup;

namespace McpLongContext.Server.Commands;

/// <summary>Registers this server with a client, for the project in the working directory.</summary>
internal sealed class SetupCommand : Command
{
    private readonly Argument<string?> _client = new("CLIENT")
    {
        Description =
            $"One of {string.Join(", ", Client.Known.Select(client => client.Name))}; left out, they are listed.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<bool> _print = new("--print") { Description = "Print the registration and write nothing." };

    public SetupCommand()
        : base("setup", "Register this server with a client; what it has already stays.")
    {
        Arguments.Add(_client);
        Options.Add(_print);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var (output, error) = (parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error);
        try
        {
            if (parsed.GetValue(_client) is not { } name)
            {
                var lines = Client.Known.Select(client => $"{client.Name}\t{client.Title}\t{client.File}");
                await output.WriteLineAsync(string.Join('\n', lines));
                return CommandLine.Done;
            }

            var client =
                Client.Known.FirstOrDefault(known => known.Name == name)
                ?? throw new ContextException(
                    $"CLIENT: '{name}' is not known; use one of "
                        + $"{string.Join(", ", Client.Known.Select(known => known.Name))}, or add to your client what "
                        + "setup claude --print shows."
                );
            var entry = client.EntryOf(
                ServerCommand.Of(Environment.ProcessPath, AppContext.BaseDirectory.TrimEnd('/', '\\')),
                Directory.GetCurrentDirectory()
            );
            await output.WriteLineAsync(
                parsed.GetValue(_print) ? Registration.Render(client, entry) : Register(client, entry)
            );
            return CommandLine.Done;
        }
        catch (ContextException problem)
        {
            await error.WriteLineAsync(VisibleText.Lines(problem.Message));
            return CommandLine.Failed;
        }
    }

    private static string Register(Client client, JsonObject entry)
    {
        var isThere = JsonNode.DeepEquals(Registration.Find(client, client.File), entry);
        var backup = Registration.Write(client, client.File, entry);
        return isThere
            ? $"{client.Title}: registered already in {client.File}."
            : $"{client.Title}: registered in {client.File}{(backup is null ? "" : $"; as it was: {backup}")}. "
                + "Start the client again.";
    }
}
