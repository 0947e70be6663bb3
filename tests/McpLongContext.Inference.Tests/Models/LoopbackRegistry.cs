using System.Formats.Tar;
using System.IO.Compression;
using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using McpLongContext.Tests.Shared;

namespace McpLongContext.Inference.Tests.Models;

/// <summary>An npm registry with one package or several, for the real npm client.</summary>
internal sealed class LoopbackRegistry : LoopbackServer
{
    public const string Package = "@test/tiny-encoder";

    private readonly Dictionary<string, byte[]> _tarballs = new(StringComparer.Ordinal);

    /// <summary>Whether requests are accepted and never answered.</summary>
    public bool Hangs { get; init; }

    /// <summary>Packs these entries, with the scripts that an attacker would add.</summary>
    public void Publish(params TarEntry[] entries) => Publish(Package, entries);

    /// <summary>Packs these entries as a package of this name.</summary>
    public void Publish(string package, params TarEntry[] entries)
    {
        var manifest = new
        {
            name = package,
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

        _tarballs[package] = packed.ToArray();
    }

    public static TarEntry Regular(string path, byte[] content) =>
        new PaxTarEntry(TarEntryType.RegularFile, path) { DataStream = new MemoryStream(content) };

    protected override async Task AnswerAsync(string path, HttpListenerContext context)
    {
        if (Hangs)
        {
            await Task.Delay(Timeout.Infinite, Stopped);
        }

        var package = path[1..].Replace(".tgz", "", StringComparison.Ordinal);
        if (_tarballs.TryGetValue(package, out var tarball))
        {
            var answer = path.EndsWith(".tgz", StringComparison.Ordinal)
                ? tarball
                : JsonSerializer.SerializeToUtf8Bytes(Describe(package, tarball));
            await SendAsync(context, answer, answer == tarball ? "application/octet-stream" : "application/json");
        }
        else
        {
            context.Response.StatusCode = 404;
            context.Response.Close();
        }
    }

    private Dictionary<string, object> Describe(string package, byte[] tarball)
    {
        var version = new
        {
            name = package,
            version = "1.0.0",
            dist = new
            {
                tarball = $"{Address}/{package}.tgz",
                integrity = $"sha512-{Convert.ToBase64String(SHA512.HashData(tarball))}",
            },
        };
        return new()
        {
            ["name"] = package,
            ["dist-tags"] = new { latest = "1.0.0" },
            ["versions"] = new Dictionary<string, object> { ["1.0.0"] = version },
        };
    }
}
