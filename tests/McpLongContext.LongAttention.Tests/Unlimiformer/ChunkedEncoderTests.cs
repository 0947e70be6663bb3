using McpLongContext.Inference.Bert;
using McpLongContext.LongAttention.Unlimiformer;

namespace McpLongContext.LongAttention.Tests.Unlimiformer;

/// <summary>On a random model with a window of 40 tokens and a vocabulary of 48: see tools/golden/bert.</summary>
public sealed class ChunkedEncoderTests : IDisposable
{
    private static readonly Chunking s_chunking = new() { ChunkSize = 16, Overlap = 0.5 };

    private readonly BertEncoder _encoder = BertEncoder.Load(Path.Combine(AppContext.BaseDirectory, "tiny-bert"));
    private readonly Random _random = new(3);

    private int Hidden => _encoder.Config.HiddenSize;

    public void Dispose() => _encoder.Dispose();

    [Theory]
    [InlineData(1, 0)]
    [InlineData(2, 0)]
    [InlineData(3, 5)]
    public async Task States_are_those_of_each_window_encoded_alone(int workers, int prefixLength)
    {
        var sequences = ((int[])[5, 16, 0, 17, 3000, 1, 40]).Select(n => Sequence(n, prefixLength)).ToArray();

        var found = await EncodeAsync(new ChunkedEncoder(_encoder, workers), sequences, s_chunking);

        Assert.Equal(sequences.Where(s => s.Tokens.Length > 0), found.Select(f => f.Sequence));
        foreach (var (sequence, states) in found)
            AssertClose(EncodeAlone(sequence, s_chunking), states);
    }

    [Fact]
    public async Task A_prefix_takes_its_room_from_a_chunk_as_large_as_the_window()
    {
        var chunking = new Chunking { ChunkSize = _encoder.MaxTextTokens };
        var sequence = Sequence(100, prefixLength: 10);

        var found = await EncodeAsync(new ChunkedEncoder(_encoder), [sequence], chunking);

        AssertClose(EncodeAlone(sequence, chunking with { ChunkSize = 28 }), found[0].States);
    }

    [Fact]
    public async Task A_prefix_changes_the_states_of_every_window()
    {
        var plain = Sequence(64, prefixLength: 0);
        var headed = new TokenSequence(plain.Tokens, new[] { 9, 8, 7 });

        var found = await EncodeAsync(new ChunkedEncoder(_encoder), [plain, headed], s_chunking);

        for (var token = 0; token < 64; token++)
            Assert.NotEqual(found[0].States[token * Hidden], found[1].States[token * Hidden]);
    }

    [Fact]
    public async Task Progress_counts_the_tokens_handed_over()
    {
        var reports = new List<long>();
        var sequences = Enumerable.Range(0, 30).Select(_ => Sequence(200, 0)).ToArray();

        await new ChunkedEncoder(_encoder).EncodeAsync(
            sequences,
            s_chunking,
            static _ => { },
            new ImmediateProgress(reports.Add),
            TestContext.Current.CancellationToken
        );

        Assert.True(reports.Count > 5);
        Assert.Equal(reports.Order(), reports);
        Assert.Equal(6000, reports[^1]);
    }

    [Fact]
    public async Task Sequences_are_asked_for_as_encoding_proceeds()
    {
        var asked = 0;
        var ahead = 0;
        IEnumerable<TokenSequence> Ask()
        {
            for (; asked < 200; asked++)
                yield return Sequence(256, 0);
        }

        var handled = 0;
        await new ChunkedEncoder(_encoder, workers: 2).EncodeAsync(
            Ask(),
            s_chunking,
            stretch =>
            {
                if (stretch.Start == 0)
                    ahead = Math.Max(ahead, asked - handled++);
            },
            cancellationToken: TestContext.Current.CancellationToken
        );

        Assert.Equal(200, handled);
        Assert.InRange(ahead, 1, 20);
    }

    [Fact]
    public async Task Cancellation_ends_the_work()
    {
        using var cancellation = new CancellationTokenSource();
        var stretches = 0;

        var e = await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            new ChunkedEncoder(_encoder).EncodeAsync(
                Endless(),
                s_chunking,
                _ =>
                {
                    if (++stretches == 10)
                        cancellation.Cancel();
                },
                cancellationToken: cancellation.Token
            )
        );

        Assert.Equal(cancellation.Token, e.CancellationToken);
    }

    [Fact]
    public async Task What_the_handler_throws_ends_the_work()
    {
        var encoder = new ChunkedEncoder(_encoder, workers: 3);
        for (var round = 0; round < 20; round++)
        {
            var stretches = 0;
            await Assert.ThrowsAsync<InvalidDataException>(() =>
                encoder.EncodeAsync(
                    Endless(),
                    s_chunking,
                    _ =>
                    {
                        if (++stretches == 10)
                            throw new InvalidDataException();
                    },
                    cancellationToken: TestContext.Current.CancellationToken
                )
            );
            Assert.Equal(10, stretches);
        }
    }

    [Fact]
    public async Task What_does_not_fit_the_encoder_is_rejected()
    {
        var encoder = new ChunkedEncoder(_encoder);

        await AssertRejectedAsync(new Chunking { ChunkSize = 39 }, prefixLength: 0, "39 found, expected 1 to 38");
        await AssertRejectedAsync(new Chunking { ChunkSize = 0 }, prefixLength: 0, "0 found, expected 1 to 38");
        await AssertRejectedAsync(s_chunking with { Overlap = 1 }, prefixLength: 0, "Overlap: 1 found");
        await AssertRejectedAsync(s_chunking, prefixLength: 20, "a prefix of 20 tokens found, expected at most 19");

        async Task AssertRejectedAsync(Chunking chunking, int prefixLength, string message)
        {
            var e = await Assert.ThrowsAsync<ArgumentException>(() =>
                EncodeAsync(encoder, [Sequence(5, prefixLength)], chunking)
            );
            Assert.Contains(message, e.Message, StringComparison.Ordinal);
        }
    }

    /// <summary>Encodes and joins the stretches of each sequence, which must follow each other.</summary>
    private async Task<List<(TokenSequence Sequence, float[] States)>> EncodeAsync(
        ChunkedEncoder encoder,
        TokenSequence[] sequences,
        Chunking chunking
    )
    {
        var found = new List<(TokenSequence Sequence, List<float> States)>();
        await encoder.EncodeAsync(
            sequences,
            chunking,
            stretch =>
            {
                if (stretch.Start == 0)
                    found.Add((stretch.Sequence, []));
                Assert.Same(found[^1].Sequence, stretch.Sequence);
                Assert.Equal(found[^1].States.Count, stretch.Start * Hidden);
                found[^1].States.AddRange(stretch.States);
            },
            cancellationToken: TestContext.Current.CancellationToken
        );
        return [.. found.Select(f => (f.Sequence, f.States.ToArray()))];
    }

    private float[] EncodeAlone(TokenSequence sequence, Chunking chunking)
    {
        var run = _encoder.CreateRun();
        var windows = new EncodingWindows(sequence.Tokens.Length, chunking.ChunkSize, chunking.Overlap);
        var result = new List<float>();
        for (var i = 0; i < windows.Count; i++)
        {
            var window = windows[i];
            var text = sequence.Tokens[window.Start..window.End].Span;
            var tokens = new List<int>();
            _encoder.AppendSequence([.. sequence.Prefix.Span, .. text], tokens);
            var states = new float[tokens.Count * Hidden];
            run.Encode(tokens.ToArray(), [tokens.Count], states);
            var first = 1 + sequence.Prefix.Length + window.KeptStart - window.Start;
            result.AddRange(states.AsSpan(first * Hidden, window.KeptLength * Hidden));
        }
        return [.. result];
    }

    private IEnumerable<TokenSequence> Endless()
    {
        while (true)
            yield return Sequence(50, 0);
    }

    private TokenSequence Sequence(int length, int prefixLength) => new(Tokens(length), Tokens(prefixLength));

    private int[] Tokens(int count) => [.. Enumerable.Range(0, count).Select(_ => _random.Next(4, 48))];

    private static void AssertClose(float[] expected, float[] found)
    {
        Assert.Equal(expected.Length, found.Length);
        for (var i = 0; i < expected.Length; i++)
            Assert.Equal(expected[i], found[i], 1e-5f);
    }

    private sealed class ImmediateProgress(Action<long> report) : IProgress<long>
    {
        public void Report(long value) => report(value);
    }
}
