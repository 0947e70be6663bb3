using Microsoft.Extensions.DependencyInjection;
using ModelContextProtocol;
using ModelContextProtocol.Server;

namespace McpLongContext.Server.Hosting;

/// <summary>
/// The tools of a session over stdio. They are made after the handshake, which needs none of them, or when they are first
/// needed.
/// </summary>
internal sealed class ToolList(IServiceProvider services)
{
    private readonly Lazy<Task<IReadOnlyList<McpServerTool>>> _tools = new(() =>
        Task.Run<IReadOnlyList<McpServerTool>>(() => [.. services.GetServices<McpServerTool>()])
    );

    /// <summary>Begins to make the tools, and waits for nothing.</summary>
    public void Begin() => _ = _tools.Value;

    /// <summary>Makes a server answer for these tools.</summary>
    public void Handle(McpServerHandlers handlers)
    {
        handlers.ListToolsHandler = async (_, cancellation) =>
            new() { Tools = [.. (await _tools.Value.WaitAsync(cancellation)).Select(tool => tool.ProtocolTool)] };
        handlers.CallToolHandler = async (request, cancellation) =>
        {
            var tools = await _tools.Value.WaitAsync(cancellation);
            var name = request.Params?.Name;
            var tool =
                tools.FirstOrDefault(one => one.ProtocolTool.Name == name)
                ?? throw new McpProtocolException($"Unknown tool: '{name}'", McpErrorCode.InvalidParams);
            return await tool.InvokeAsync(request, cancellation);
        };
    }
}
