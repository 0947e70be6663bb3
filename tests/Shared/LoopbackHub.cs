using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace McpLongContext.Tests.Shared;

/// <summary>
/// A model hub with one repository, in the layout of the public one: the description of a revision, small files
/// served as they are, large ones by a redirect to a content-addressed store on another host.
/// </summary>
internal sealed class LoopbackHub : LoopbackServer
{
    public const string Repository = "org/tiny-encoder";
    public const string Commit = "0123456789abcdef0123456789abcdef01234567";

    /// <summary>The name of its repository.</summary>
    public string Name { get; init; } = Repository;

    private readonly Dictionary<string, byte[]> _files = new(StringComparer.Ordinal);
    private int _cuts;

    /// <summary>Files of this size and more are in large file storage.</summary>
    public const int LargeFileSize = 10_000;

    /// <summary>The connection breaks after so many bytes of a large file, as often as <see cref="Cuts"/> says.</summary>
    public int CutAfter { get; init; } = int.MaxValue;

    public int Cuts
    {
        get => _cuts;
        init => _cuts = value;
    }

    /// <summary>Whether requests for a part of a file get the part.</summary>
    public bool SupportsRanges { get; init; } = true;

    /// <summary>The file that arrives with a wrong last byte.</summary>
    public string? Damaged { get; set; }

    /// <summary>The store of large files sends so many bytes of an answer and then no more, without an end.</summary>
    public int SilentAfter { get; set; } = int.MaxValue;

    /// <summary>Answers every request with this status and error code.</summary>
    public (int Status, string? Code)? Refusal { get; init; }

    /// <summary>The tags of the repository.</summary>
    public IReadOnlyList<string> Tags { get; init; } = ["safetensors", "license:apache-2.0"];

    /// <summary>Adds a file to the repository.</summary>
    public byte[] Add(string name, byte[] content) => _files[name] = content;

    /// <summary>Adds a small encoder: weights, tokenizer, configuration.</summary>
    public byte[] AddEncoder(int weightsSize = 1_000_000)
    {
        Add("README.md", Sample.Bytes(500));
        Add("config.json", "{\"model_type\":\"bert\"}"u8.ToArray());
        Add("tokenizer.json", Sample.Bytes(3000));
        Add("1_Pooling/config.json", "{}"u8.ToArray());
        Add("onnx/model.onnx", Sample.Bytes(20_000));
        Add("pytorch_model.bin", Sample.Bytes(20_000));
        return Add("model.safetensors", Sample.Bytes(weightsSize));
    }

    protected override async Task AnswerAsync(string path, HttpListenerContext context)
    {
        if (Refusal is { } refusal)
        {
            context.Response.StatusCode = refusal.Status;
            if (refusal.Code is not null)
            {
                context.Response.Headers["X-Error-Code"] = refusal.Code;
            }

            context.Response.Close();
        }
        else if (path == $"/api/models/{Name}/revision/main?blobs=true")
        {
            await SendAsync(context, JsonSerializer.SerializeToUtf8Bytes(Describe()), "application/json");
        }
        else if (path.StartsWith($"/{Name}/resolve/{Commit}/", StringComparison.Ordinal))
        {
            await ResolveAsync(path[$"/{Name}/resolve/{Commit}/".Length..], context);
        }
        else if (path.StartsWith("/store/", StringComparison.Ordinal))
        {
            var name = _files.Single(file => Sample.Sha256(file.Value) == path[7..]).Key;
            await SendLargeFileAsync(ContentOf(name), context);
        }
        else
        {
            context.Response.StatusCode = 404;
            context.Response.Close();
        }
    }

    private object Describe() =>
        new
        {
            id = Name,
            sha = Commit,
            tags = Tags,
            gated = false,
            siblings = _files.Select(file => new
            {
                rfilename = file.Key,
                size = file.Value.Length,
                blobId = GitBlob(file.Value),
                lfs = file.Value.Length < LargeFileSize
                    ? null
                    : new
                    {
                        sha256 = Sample.Sha256(file.Value),
                        size = file.Value.Length,
                        pointerSize = 134,
                    },
            }),
        };

    private async Task ResolveAsync(string name, HttpListenerContext context)
    {
        var content = _files[name];
        if (content.Length < LargeFileSize)
        {
            await SendAsync(context, ContentOf(name));
            return;
        }

        context.Response.StatusCode = 302;
        context.Response.Headers["X-Linked-Etag"] = $"\"{Sample.Sha256(content)}\"";
        context.Response.RedirectLocation = $"http://localhost:{Port}/store/{Sample.Sha256(content)}";
        context.Response.Close();
    }

    private async Task SendLargeFileAsync(byte[] content, HttpListenerContext context)
    {
        var from = 0;
        if (SupportsRanges && context.Request.Headers["Range"] is { } range)
        {
            from = int.Parse(range["bytes=".Length..^1], CultureInfo.InvariantCulture);
            context.Response.StatusCode = 206;
            context.Response.Headers["Content-Range"] = $"bytes {from}-{content.Length - 1}/{content.Length}";
        }

        var part = content.AsMemory(from);
        context.Response.ContentLength64 = part.Length;
        if (part.Length > SilentAfter)
        {
            await context.Response.OutputStream.WriteAsync(part[..SilentAfter]);
            await context.Response.OutputStream.FlushAsync();
            await Task.Delay(Timeout.Infinite, Stopped);
        }

        if (part.Length > CutAfter && Interlocked.Decrement(ref _cuts) >= 0)
        {
            await context.Response.OutputStream.WriteAsync(part[..CutAfter]);
            await context.Response.OutputStream.FlushAsync();
            context.Response.Abort();
            return;
        }

        await context.Response.OutputStream.WriteAsync(part);
        context.Response.Close();
    }

    private byte[] ContentOf(string name) =>
        name == Damaged ? [.. _files[name][..^1], (byte)~_files[name][^1]] : _files[name];

    private static string GitBlob(byte[] content)
    {
        using var sha1 = IncrementalHash.CreateHash(HashAlgorithmName.SHA1);
        sha1.AppendData(Encoding.ASCII.GetBytes($"blob {content.Length}\0"));
        sha1.AppendData(content);
        return Convert.ToHexStringLower(sha1.GetHashAndReset());
    }
}
