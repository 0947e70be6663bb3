using System.Globalization;
using System.Net;
using McpLongContext.Context.Contracts;

namespace McpLongContext.Server.Http;

/// <summary>The address that the server listens on.</summary>
/// <param name="Host">An IP address, or <c>localhost</c>.</param>
/// <param name="Port">A port; 0 for any that is free.</param>
internal sealed record HttpAddress(string Host, int Port)
{
    /// <summary>The address where none is given.</summary>
    public static HttpAddress Default { get; } = new("127.0.0.1", 7420);

    /// <summary>Whether only processes of this machine reach the address.</summary>
    public bool IsLoopback => Ip is null || IPAddress.IsLoopback(Ip);

    /// <summary>The IP address; <see langword="null"/> for <c>localhost</c>.</summary>
    public IPAddress? Ip { get; } = IPAddress.TryParse(Host, out var ip) ? ip : null;

    /// <summary>Reads an address: <c>http://127.0.0.1:7420</c>, <c>http://[::1]:7420</c>, or the port alone.</summary>
    /// <exception cref="ContextException">The text is no such address.</exception>
    public static HttpAddress Parse(string? text)
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            return Default;
        }

        if (ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port))
        {
            return Default with { Port = port };
        }

        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri) || uri.PathAndQuery != "/" || uri.UserInfo.Length > 0)
        {
            throw Malformed(text);
        }

        if (uri.Scheme == Uri.UriSchemeHttps)
        {
            throw new ContextException(
                $"--http: '{text}' asks for TLS, which a reverse proxy in front of the server does; give an http address."
            );
        }

        var host = uri.HostNameType == UriHostNameType.IPv6 ? uri.DnsSafeHost : uri.Host;
        var isAddress = host == "localhost" || IPAddress.TryParse(host, out _);
        if (host == "localhost" && uri.Port == 0)
        {
            // It stands for two addresses, which would get two ports.
            throw new ContextException($"--http: '{text}' cannot take a free port; give http://127.0.0.1:0.");
        }

        return uri.Scheme == Uri.UriSchemeHttp && isAddress ? new(host, uri.Port) : throw Malformed(text);
    }

    /// <inheritdoc/>
    public override string ToString() => $"http://{(Host.Contains(':') ? $"[{Host}]" : Host)}:{Port}";

    private static ContextException Malformed(string text) =>
        new(
            $"--http: '{text}' is not an address to listen on; give http://ADDRESS:PORT with an IP address of this "
                + $"machine or localhost, for example {Default}."
        );
}
