using System.Formats.Tar;
using System.IO.Compression;
using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using McpLongContext.Tests.Shared;

namespace McpLongContext.Inference.Tests.Models;

/// <summary>An npm registry with one package, for the real npm client.</summary>
internal sealed class LoopbackRegistry : LoopbackServer
{
    public const string Package = "@test/tiny-encoder";

    private byte[] _tarball = [];

    /// <summary>Whether requests are accepted and never answered.</summary>
    public bool Hangs { get; init; }

    /// <summary>Packs these entries, with the scripts that an attacker would add.</summary>
    public void Publish(params TarEntry[] entries)
    {
        var manifest = new
        {
            name = Package,
            version = "1.0.0",
            scripts = new { preinstall = "touch ran", prepack = "touch ran" },
        };
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        using (var tar = new TarWriter(gzip))
        {
            tar.WriteEntry(Regular("package/package.json", JsonSerializer.SerializeToUtf8Bytes(manifest)));
            foreach (var entry in entries)
            {
                tar.WriteEntry(entry);
            }
        }

        _tarball = packed.ToArray();
    }

    public static TarEntry Regular(string path, byte[] content) =>
        new PaxTarEntry(TarEntryType.RegularFile, path) { DataStream = new MemoryStream(content) };

    protected override async Task AnswerAsync(string path, HttpListenerContext context)
    {
        if (Hangs)
        {
            await Task.Delay(Timeout.Infinite, Stopped);
        }

        if (path == $"/{Package}")
        {
            await SendAsync(context, JsonSerializer.SerializeToUtf8Bytes(Describe()), "application/json");
        }
        else if (path == "/tarball.tgz")
        {
            await SendAsync(context, _tarball, "application/octet-stream");
        }
        else
        {
            context.Response.StatusCode = 404;
            context.Response.Close();
        }
    }

    private Dictionary<string, object> Describe()
    {
        var version = new
        {
            name = Package,
            version = "1.0.0",
            dist = new
            {
                tarball = $"{Address}/tarball.tgz",
                integrity = $"sha512-{Convert.ToBase64String(SHA512.HashData(_tarball))}",
            },
        };
        return new()
        {
            ["name"] = Package,
            ["dist-tags"] = new { latest = "1.0.0" },
            ["versions"] = new Dictionary<string, object> { ["1.0.0"] = version },
        };
    }
}
