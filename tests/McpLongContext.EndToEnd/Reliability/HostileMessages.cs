using System.Text;
using System.Text.Json.Nodes;

namespace McpLongContext.EndToEnd.Reliability;

/// <summary>Reproducible messages that no decent client sends.</summary>
/// <param name="seed">Equal seeds give equal messages.</param>
/// <param name="tools">The server's own tools, so that their arguments are met by name.</param>
internal sealed class HostileMessages(int seed, IReadOnlyList<JsonNode> tools)
{
    private static readonly string[] s_methods =
    [
        "tools/call",
        "tools/list",
        "resources/read",
        "resources/list",
        "resources/templates/list",
        "resources/subscribe",
        "prompts/get",
        "prompts/list",
        "completion/complete",
        "logging/setLevel",
        "initialize",
        "ping",
        "server/discover",
        "notifications/cancelled",
        "notifications/progress",
        "notifications/initialized",
        "notifications/roots/list_changed",
        "no/such/method",
        "",
    ];

    private static readonly string[] s_texts =
    [
        "",
        " ",
        "\0",
        "\u001b]0;title\u0007\u001b[2J",
        "../../../../etc/passwd",
        "/proc/self/mem",
        "/dev/zero",
        "..\\..\\windows",
        "a\nb\r\nc",
        "\u202Egnp.exe",
        "\uD800",
        "💥",
        "NaN",
        "%s%n%x",
        "'; DROP TABLE passages; --",
        "\" OR (NEAR(* \"",
        "longcontext://default/../../x?lines=9-1",
        "longcontext://default/a.txt?lines=99999999999999999999-",
        "default",
        "a.txt",
    ];

    private readonly Random _random = new(seed);

    /// <summary>The next message with its line end; some are cut short, some are several.</summary>
    public byte[] Next() =>
        _random.Next(14) switch
        {
            0 => Garbage(),
            1 => Cut(Line(Request())),
            2 => Line(Value(3)),
            3 => Line(Mistyped()),
            4 => Line(BrokenText(Encoding.UTF8.GetBytes(Request().ToJsonString()))),
            5 => Line(Deep()),
            6 => Line(new JsonArray(Request(), Value(2), Request())),
            7 => [.. Line(Request()), .. Line(Request()), .. "\n\n\r\n"u8],
            8 => Line(Answer()),
            _ => Line(Request()),
        };

    /// <summary>The form of a request: method and parameters may be anything.</summary>
    private JsonObject Request()
    {
        var message = new JsonObject { ["jsonrpc"] = "2.0" };
        if (_random.Next(8) > 0)
        {
            // Few ids, so that some are in flight twice.
            message["id"] = _random.Next(4) == 0 ? Value(1) : _random.Next(20);
        }

        var method = Pick(s_methods);
        message["method"] = method;
        if (_random.Next(10) > 0)
        {
            message["params"] = method is "tools/call" || _random.Next(2) == 0 ? Call() : Parameters();
        }

        return message;
    }

    private JsonObject Call()
    {
        var tool = tools[_random.Next(tools.Count)];
        var arguments = new JsonObject();
        foreach (var (name, schema) in tool["inputSchema"]!["properties"]!.AsObject())
        {
            if (_random.Next(3) > 0)
            {
                arguments[name] = _random.Next(3) == 0 ? Value(2) : Plausible(schema!["type"]);
            }
        }

        if (_random.Next(6) == 0)
        {
            arguments[Pick(s_texts)] = Value(1);
        }

        return new JsonObject
        {
            ["name"] = _random.Next(20) == 0 ? Value(1) : tool["name"]!.DeepClone(),
            ["arguments"] = _random.Next(20) == 0 ? Value(1) : arguments,
            ["_meta"] = _random.Next(5) == 0 ? new JsonObject { ["progressToken"] = Value(1) } : null,
        };
    }

    private JsonObject Parameters() =>
        new()
        {
            ["uri"] = Value(1),
            ["name"] = Value(1),
            ["requestId"] = Value(1),
            ["cursor"] = Value(1),
            ["protocolVersion"] = Value(1),
            ["level"] = Value(1),
            ["ref"] = Value(2),
        };

    private JsonNode? Plausible(JsonNode? type)
    {
        var text = type?.ToJsonString() ?? "";
        return text.Contains("string", StringComparison.Ordinal) ? Pick(s_texts)
            : text.Contains("boolean", StringComparison.Ordinal) ? _random.Next(2) == 0
            : text.Contains("array", StringComparison.Ordinal) ? new JsonArray(Value(1), Value(1))
            : _random.Next(-1, 9);
    }

    private JsonObject Mistyped()
    {
        var message = Request();
        message[Pick(["jsonrpc", "id", "method", "params"])] = Value(2);
        return message;
    }

    /// <summary>An answer to what the server never asked.</summary>
    private JsonObject Answer() =>
        new()
        {
            ["jsonrpc"] = "2.0",
            ["id"] = Value(1),
            [_random.Next(2) == 0 ? "result" : "error"] = Value(2),
        };

    private JsonNode? Value(int depth) =>
        _random.Next(depth > 0 ? 11 : 8) switch
        {
            0 => null,
            1 => _random.Next(2) == 0,
            2 => _random.Next(),
            3 => -1,
            4 => long.MinValue,
            5 => 1e308,
            6 => Pick(s_texts),
            7 => _random.Next(50) == 0 ? new string('x', 1 << _random.Next(12, 20)) : "x",
            8 => new JsonArray(Value(depth - 1), Value(depth - 1)),
            9 => new JsonObject { [Pick(s_texts)] = Value(depth - 1) },
            _ => 0.5,
        };

    private byte[] Deep()
    {
        var depth = 1 << _random.Next(4, 17);
        return Encoding.UTF8.GetBytes(
            $$"""{"jsonrpc":"2.0","id":1,"method":"ping","params":{{new string('[', depth)}}{{new string(']', depth)}}}"""
        );
    }

    private byte[] Garbage()
    {
        var bytes = new byte[_random.Next(1, 300)];
        _random.NextBytes(bytes);
        return Line(bytes);
    }

    private byte[] BrokenText(byte[] text)
    {
        for (var i = 0; i < 3; i++)
        {
            text[_random.Next(text.Length)] = (byte)_random.Next(0x80, 0x100);
        }

        return text;
    }

    private byte[] Cut(byte[] line) => [.. line.AsSpan(0, _random.Next(1, line.Length)), (byte)'\n'];

    private static byte[] Line(JsonNode? message) => Line(Encoding.UTF8.GetBytes(message?.ToJsonString() ?? "null"));

    private static byte[] Line(byte[] text) => [.. text.Where(one => one != '\n'), (byte)'\n'];

    private T Pick<T>(T[] choices) => choices[_random.Next(choices.Length)];
}
