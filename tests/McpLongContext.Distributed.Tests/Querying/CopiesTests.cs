using McpLongContext.Context.Contracts;
using McpLongContext.Distributed.Tests.Infrastructure;

namespace McpLongContext.Distributed.Tests.Querying;

/// <summary>Any silo answers from its own copies, as the others do; what it cannot do, it refuses with the reason.</summary>
[Collection(nameof(TwoSilos))]
public sealed class CopiesTests(TwoSilos cluster)
{
    private static readonly QueryRequest s_request = new()
    {
        Datastore = TwoSilos.Datastore,
        Question = "what is stored durably, and why",
        MaxTokens = 300,
    };

    [Fact]
    public async Task A_page_of_one_copy_is_followed_by_one_of_another()
    {
        var first = await cluster.First.QueryAsync(s_request);
        var next = s_request with { Cursor = first.NextCursor };
        var expected = await cluster.First.QueryAsync(next);

        var found = await cluster.Second.QueryAsync(next);

        Assert.NotEmpty(expected.Evidence);
        Assert.Equal(
            expected.Evidence.Select(one => (one.Citation, one.Score)),
            found.Evidence.Select(one => (one.Citation, one.Score))
        );
    }

    [Fact]
    public async Task A_malformed_pattern_is_named()
    {
        var error = await Assert.ThrowsAsync<ContextException>(() =>
            cluster.First.QueryAsync(s_request with { PathGlob = "[z-a]" })
        );

        Assert.StartsWith("path_glob '[z-a]' is no pattern", error.Message);
    }

    [Fact]
    public async Task A_name_that_leaves_no_room_for_those_of_shards_is_refused()
    {
        var error = await Assert.ThrowsAsync<ContextException>(() =>
            cluster.First.IngestAsync(new string('n', 55), "note.md", "A llama.")
        );

        Assert.Contains("at most 54", error.Message);
    }

    [Fact]
    public async Task A_named_file_that_is_no_text_is_refused()
    {
        var file = Path.Combine(cluster.Work, "image.bin");
        await File.WriteAllBytesAsync(file, new byte[64], TestContext.Current.CancellationToken);

        var error = await Assert.ThrowsAsync<ContextException>(() =>
            cluster.First.IngestAsync(
                new IngestRequest
                {
                    Datastore = "other",
                    Paths = [file],
                    Wait = null,
                }
            )
        );

        Assert.Contains("was not ingested", error.Message);
    }
}
