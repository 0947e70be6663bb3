using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using McpLongContext.Context.Contracts;
using McpLongContext.Context.Tests.Ingestion;
using McpLongContext.Context.Tests.LongInference;
using McpLongContext.Inference;
using Microsoft.Extensions.Logging.Abstractions;

namespace McpLongContext.Context.Tests.Memories;

/// <summary>A compressive memory of a datastore, with stories15M made a chat model: what it writes is of no account.</summary>
public sealed class CompressiveMemoryTests : IAsyncLifetime
{
    /// <summary>6 layers of 6 heads of 48, a header, 6 checksums and a trailer.</summary>
    private const long FileBytes = (6 * 6 * ((48 * 48) + 48) * 4) + 64 + (6 * 4) + 16;

    private readonly TemporaryFolder _folder = new();
    private LongContextService _service = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await StoriesChat.InstallAsync(_folder["home/models"]);
        Write("tom.txt", 12, "Tom went to the shop.");
        Write("lily.txt", 40, "Lily saw a big red ball in the park.");
        _service = new LongContextService(
            new LongContextOptions
            {
                Home = _folder["home"],
                WorkingDirectory = _folder["texts"],
                AllowedRoots = [_folder["texts"]],
                InstallDefaultEncoder = false,
                ResumeEncoding = false,
            },
            TimeProvider.System,
            NullLoggerFactory.Instance
        );
    }

    public async ValueTask DisposeAsync()
    {
        await _service.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task An_ingest_that_asks_for_it_reads_everything_into_a_memory_of_constant_size()
    {
        var report = await IngestAsync(MemoryKind.Infini);
        Assert.Equal(report.Memory!.TotalTokens, report.Memory.Tokens);
        var memory = Memory();
        Assert.Equal((StoriesChat.Name, null, MemoryKind.Infini), (memory.Model, memory.Adapter, memory.Kind));
        Assert.Equal((report.Memory.Tokens, FileBytes, 0), (memory.Tokens, memory.Bytes, memory.PendingDocuments));
        Assert.True((await _service.VerifyAsync("default", repair: false, Cancellation)).Sound);

        // What is new is added, and the size stays.
        Write("ben.txt", 20, "Ben has a dog.");
        await IngestAsync(MemoryKind.Window);
        Assert.Equal(1, Memory().PendingDocuments);
        var more = await IngestAsync(MemoryKind.Infini);
        Assert.InRange(more.Memory!.Tokens, memory.Tokens + 20, memory.Tokens + 500);
        Assert.Equal((more.Memory.Tokens, FileBytes, 0), (Memory().Tokens, Memory().Bytes, Memory().PendingDocuments));
    }

    [Fact]
    public async Task With_a_document_its_memory_goes_and_the_next_ingest_makes_it_of_what_is_left()
    {
        await IngestAsync(MemoryKind.Infini);
        var before = Memory().Tokens;
        await _service.RemoveDocumentAsync("default", "tom.txt", Cancellation);
        Assert.Empty(Assert.Single(_service.ListDatastores()).Memories);
        Assert.Empty(Directory.GetFiles(_folder["home/datastores/default/states"]));

        File.Delete(_folder["texts/tom.txt"]);
        await IngestAsync(MemoryKind.Infini);
        Assert.InRange(Memory().Tokens, 1, before - 12);
    }

    [Fact]
    public async Task Without_an_adapter_the_answer_is_that_of_the_passages_and_says_so()
    {
        await IngestAsync(MemoryKind.Infini);
        var plain = await AnswerAsync(MemoryKind.Window);
        var answer = await AnswerAsync(MemoryKind.Infini);
        Assert.Equal((plain.State, plain.Text, plain.Reason), (answer.State, answer.Text, answer.Reason));
        Assert.Equal(Memory().Tokens, answer.Memory!.Tokens);
        Assert.Contains("has no influence", answer.Memory.Note, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_adapter_has_a_memory_of_its_own_and_an_influence()
    {
        await IngestAsync(MemoryKind.Infini);
        var closed = await InferAsync();
        WriteAdapter(WeightsHash(), 36);
        var unavailable = await Assert.ThrowsAsync<ContextException>(() => InferAsync());
        Assert.Contains("--memory infini --wait", unavailable.Message, StringComparison.Ordinal);

        await IngestAsync(MemoryKind.Infini);
        var open = await InferAsync();
        Assert.Contains("has no influence", closed.Memory!.Note, StringComparison.Ordinal);
        Assert.Null(open.Memory!.Note);
        Assert.NotEqual(closed.Windows[0].Perplexity, open.Windows[0].Perplexity);
        Assert.Equal(2, Assert.Single(_service.ListDatastores()).Memories.Count(memory => memory.Bytes == FileBytes));
    }

    [Fact]
    public async Task A_text_is_read_into_a_memory_of_its_own_as_if_it_had_been_ingested()
    {
        WriteAdapter(WeightsHash(), 36);
        File.Delete(_folder["texts/tom.txt"]);
        await IngestAsync(MemoryKind.Infini);
        var ingested = await InferAsync();

        var text = await File.ReadAllTextAsync(_folder["texts/lily.txt"], Cancellation);
        var given = await InferAsync(text: text);

        Assert.Equal(ingested.Memory!.Tokens, given.Memory!.Tokens);
        Assert.Equal(ingested.Windows[0].Perplexity, given.Windows[0].Perplexity);
        var error = await Assert.ThrowsAsync<ContextException>(() => InferAsync(text: " "));
        Assert.Contains("text: it is empty", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("00", 36, "the adapter is for another model")]
    [InlineData(null, 30, "tensor 'gates': F32[5, 6] found, expected [6, 6]")]
    public async Task An_adapter_that_does_not_fit_is_refused_with_its_reason(string? model, int gates, string reason)
    {
        await IngestAsync(MemoryKind.Window);
        WriteAdapter(model ?? WeightsHash(), gates);
        var error = await Assert.ThrowsAsync<ModelException>(() => InferAsync());
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
        Assert.Contains("remove the file", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_compressive_memory_cannot_do_is_refused()
    {
        await IngestAsync(MemoryKind.Window);
        var answer = await AnswerAsync(MemoryKind.Infini);
        Assert.Equal(AnswerState.Unavailable, answer.State);
        Assert.Contains("ingest PATH -d default --memory infini --wait", answer.Reason, StringComparison.Ordinal);
        var error = await Assert.ThrowsAsync<ContextException>(() => InferAsync("tom.txt"));
        Assert.Contains("document, path_glob:", error.Message, StringComparison.Ordinal);
    }

    private MemorySummary Memory() => Assert.Single(Assert.Single(_service.ListDatastores()).Memories);

    private string WeightsHash() =>
        _service
            .Models.List()
            .Single(model => model.Name == StoriesChat.Name)
            .Entry.Files.MaxBy(file => file.Size)!
            .Sha256!;

    private void WriteAdapter(string model, int gates)
    {
        var header = Encoding.UTF8.GetBytes(
            $$$"""
            {"__metadata__": {"format": "infini-attention 1", "model": "{{{model}}}", "update_rule": "delta",
             "segment_tokens": "128"}, "gates": {"dtype": "F32", "shape": [{{{gates / 6}}}, 6],
             "data_offsets": [0, {{{gates * 4}}}] } }
            """
        );
        var length = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)header.Length);
        var betas = MemoryMarshal.AsBytes<float>(new float[gates]);
        File.WriteAllBytes(
            _folder[$"home/models/{StoriesChat.Name}/infini.safetensors"],
            [.. length, .. header, .. betas]
        );
    }

    private void Write(string name, int lines, string line)
    {
        Directory.CreateDirectory(_folder["texts"]);
        File.WriteAllLines(_folder[$"texts/{name}"], Enumerable.Range(0, lines).Select(i => $"{line} Day {i}."));
    }

    private Task<IngestReport> IngestAsync(MemoryKind memory) =>
        _service.IngestAsync(
            new IngestRequest
            {
                Paths = [_folder["texts"]],
                Memory = memory,
                Wait = null,
            },
            progress: null,
            Cancellation
        );

    private async Task<LocalAnswer> AnswerAsync(MemoryKind memory)
    {
        var request = new QueryRequest { Question = "What did Lily see in the park?", Memory = memory };
        var evidence = await _service.QueryAsync(request, Cancellation);
        return (await _service.AnswerAsync(request, evidence, AnswerMode.Always, progress: null, Cancellation))!;
    }

    private Task<LongInferenceReport> InferAsync(string? glob = null, string? text = null) =>
        _service.InferAsync(
            new LongInferenceRequest
            {
                Text = text,
                Datastore = text is null ? "default" : null,
                PathGlob = glob,
                Mode = InferenceMode.Generate,
                Instruction = "Tell of Lily.",
                Memory = MemoryKind.Infini,
                MaxNewTokens = 8,
            },
            progress: null,
            Cancellation
        );
}
