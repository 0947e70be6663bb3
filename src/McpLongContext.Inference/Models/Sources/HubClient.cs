using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace McpLongContext.Inference.Models.Sources;

/// <summary>The model hub's HTTP interface, as much of it as an installation needs.</summary>
internal sealed class HubClient : IDisposable
{
    private static readonly JsonSerializerOptions s_json = new(ModelJson.Options)
    {
        TypeInfoResolver = new DefaultJsonTypeInfoResolver(),
    };

    private readonly HttpClient _http;
    private readonly ModelStoreOptions _options;

    /// <summary>A client for the configured hub.</summary>
    /// <exception cref="ModelException">The configured address of the hub is no HTTP address.</exception>
    public HubClient(ModelStoreOptions options)
    {
        _options = options;
        var valid = Uri.TryCreate(options.HubEndpoint.TrimEnd('/') + '/', UriKind.Absolute, out var endpoint);
        if (!valid || endpoint!.Scheme is not ("https" or "http"))
        {
            throw new ModelException($"HF_ENDPOINT is '{options.HubEndpoint}', which is no http or https address.");
        }

        // Weights come in gigabytes: what is limited is silence (StallTimeout), not the whole request.
        var handler = new SocketsHttpHandler { ConnectTimeout = options.StallTimeout };
        _http = new HttpClient(handler) { BaseAddress = endpoint, Timeout = Timeout.InfiniteTimeSpan };
        if (!string.IsNullOrWhiteSpace(options.HubToken))
        {
            // Not sent on to another host: the handler drops it when it follows a redirect.
            _http.DefaultRequestHeaders.Authorization = new("Bearer", options.HubToken.Trim());
        }
    }

    public void Dispose() => _http.Dispose();

    /// <summary>The files of a repository at a revision, and the commit that this revision is now.</summary>
    public async Task<HubRepository> DescribeAsync(HubReference model, CancellationToken cancellation)
    {
        var revision = Uri.EscapeDataString(model.Revision ?? "main");
        using var stall = new StallGuard(_options, cancellation);
        using var response = await SendAsync(
            new Uri($"api/models/{model.Repository}/revision/{revision}?blobs=true", UriKind.Relative),
            from: 0,
            stall
        );
        EnsureSuccess(response, model, file: null);
        try
        {
            return (await response.Content.ReadFromJsonAsync<HubRepository>(s_json, stall.Token))!;
        }
        catch (JsonException e)
        {
            throw new ModelException(
                $"{_http.BaseAddress} gave an answer for {model} that is not a hub's: {e.Message}",
                e
            );
        }
    }

    /// <summary>
    /// Appends to a partial file what is missing of it, or begins again where the server cannot resume.
    /// </summary>
    /// <returns>When the server has sent everything that it announced.</returns>
    public async Task DownloadAsync(
        HubReference model,
        string file,
        FileStream partial,
        Action<long> onLength,
        CancellationToken cancellation
    )
    {
        using var stall = new StallGuard(_options, cancellation);
        using var response = await SendAsync(AddressOf(model, file), partial.Length, stall);
        if (response.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable)
        {
            partial.SetLength(0);
            throw new HttpIOException(HttpRequestError.InvalidResponse, "the part already here does not fit the file");
        }

        EnsureSuccess(response, model, file);
        if (partial.Length > 0 && response.StatusCode != HttpStatusCode.PartialContent)
        {
            partial.SetLength(0);
        }

        partial.Seek(0, SeekOrigin.End);
        await using var body = await response.Content.ReadAsStreamAsync(stall.Token);
        var buffer = new byte[1 << 17];
        int read;
        while ((read = await body.ReadAsync(buffer, stall.Restarted())) > 0)
        {
            await partial.WriteAsync(buffer.AsMemory(0, read), cancellation);
            onLength(partial.Length);
        }
    }

    /// <summary>Reads a small file whole.</summary>
    public async Task<byte[]> ReadAsync(HubReference model, string file, CancellationToken cancellation)
    {
        using var stall = new StallGuard(_options, cancellation);
        using var response = await SendAsync(AddressOf(model, file), from: 0, stall);
        EnsureSuccess(response, model, file);
        return await response.Content.ReadAsByteArrayAsync(stall.Token);
    }

    private static Uri AddressOf(HubReference model, string file) =>
        new(
            $"{model.Repository}/resolve/{Uri.EscapeDataString(model.Revision!)}/"
                + string.Join('/', file.Split('/').Select(Uri.EscapeDataString)),
            UriKind.Relative
        );

    private async Task<HttpResponseMessage> SendAsync(Uri path, long from, StallGuard stall)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Range = from > 0 ? new RangeHeaderValue(from, null) : null;
        return await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, stall.Restarted());
    }

    private void EnsureSuccess(HttpResponseMessage response, HubReference model, string? file)
    {
        if (response.IsSuccessStatusCode)
        {
            return;
        }

        // The hub tells more than the status: a repository that does not exist is a 401 to an anonymous caller.
        var code = response.Headers.TryGetValues("X-Error-Code", out var values) ? values.First() : null;
        var status = $"{(int)response.StatusCode} {response.ReasonPhrase}";
        throw (response.StatusCode, code) switch
        {
            (_, "RevisionNotFound") => new ModelException(
                $"{Prefix(model)} has no revision '{model.Revision}' ({status})."
            ),
            (_, "EntryNotFound") => new ModelException($"{model} has no file {file} ({status})."),
            (HttpStatusCode.Forbidden, _) or (_, "GatedRepo") => new ModelException(
                $"{Prefix(model)} is gated ({status}). Accept its terms at {_http.BaseAddress}{model.Repository}, then "
                    + "set HF_TOKEN to an access token of that account."
            ),
            (HttpStatusCode.Unauthorized, _) => new ModelException(
                $"{Prefix(model)} does not exist or is private ({status}). Check the name, or set HF_TOKEN to an access "
                    + "token that may read it."
            ),
            (HttpStatusCode.NotFound, _) => new ModelException(
                $"{model} was not found on {_http.BaseAddress} ({status}). Check the name and the revision."
            ),
            _ => new HttpRequestException($"{_http.BaseAddress} answered {status}", null, response.StatusCode),
        };
    }

    private static string Prefix(HubReference model) => HubReference.Prefix + model.Repository;
}

/// <summary>The hub's description of a repository.</summary>
/// <param name="Sha">The commit.</param>
/// <param name="Siblings">All files.</param>
/// <param name="Tags">Free tags; <c>license:</c> gives the license.</param>
internal sealed record HubRepository(string Sha, IReadOnlyList<HubFile> Siblings, IReadOnlyList<string>? Tags = null)
{
    /// <summary>The model's purpose, as far as the tags say.</summary>
    public string? Purpose =>
        Tags switch
        {
            null => null,
            _ when Tags.Contains("conversational") => ModelEntry.Chat,
            _ when Tags.Contains("text-generation") => ModelEntry.Completion,
            _ when Tags.Contains("sentence-similarity") || Tags.Contains("feature-extraction") => ModelEntry.Encoder,
            _ => null,
        };
}

/// <summary>One file: small ones are Git blobs, large ones are in large file storage (LFS).</summary>
internal sealed record HubFile(string RFilename, long? Size = null, string? BlobId = null, HubLargeFile? Lfs = null);

/// <summary>The content that a Git LFS pointer stands for.</summary>
internal sealed record HubLargeFile(string Sha256, long Size);
