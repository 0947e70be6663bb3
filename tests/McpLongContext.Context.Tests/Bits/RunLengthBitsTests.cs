using McpLongContext.Bits.Streams;
using McpLongContext.Context.Bits;
using McpLongContext.Context.Contracts;
using McpLongContext.Inference.Checkpoints;

namespace McpLongContext.Context.Tests.Bits;

/// <summary>Bytes through a model that reads their run-length code.</summary>
public sealed class RunLengthBitsTests : BitService
{
    /// <summary>Runs of 1 to 700 bytes, over the ends of buffers and marks.</summary>
    private static readonly byte[] s_bytes = Runs(runs: 9000);

    [Fact]
    public void Any_part_of_the_code_is_that_of_the_whole()
    {
        var coded = RunLength.Encode(s_bytes);
        using var runs = new RunLengthBits(new Bytes(s_bytes), Cancellation);

        Assert.Equal(coded.Length, runs.Length);
        foreach (
            var (offset, length) in (ReadOnlySpan<(int, int)>)
                [(0, 9), (1, 2), (8191, 40), (8192, 3), (coded.Length - 5, 5)]
        )
        {
            var part = new byte[length];
            runs.Read(offset, part);
            Assert.Equal(coded[offset..(offset + length)], part);
        }

        Assert.Equal(RunLength.Decode(coded.AsSpan(0, 2 * 5000)).Length, runs.OffsetOf(5000));
    }

    [Theory]
    [InlineData(new byte[] { })]
    [InlineData(new byte[] { 7 })]
    public void Short_streams_have_a_code(byte[] bytes)
    {
        using var runs = new RunLengthBits(new Bytes(bytes), Cancellation);

        var coded = new byte[runs.Length];
        runs.Read(0, coded);

        Assert.Equal(RunLength.Encode(bytes), coded);
    }

    [Fact]
    public async Task A_model_of_runs_reads_the_code_and_reports_the_bytes()
    {
        var bytes = s_bytes[..4000];
        var file = Write("runs.bin", bytes);
        await InstallRunsAsync();

        var costs = new List<(long Offset, double Cost)>();
        var report = await InferAsync(file, "runs", (offset, cost) => costs.Add((offset, cost)));
        // The same weights over the code itself, written out.
        var coded = await InferAsync(Write("coded.bin", RunLength.Encode(bytes)), Plain, byteRead: null);

        Assert.True(report.RunLength);
        Assert.Equal(coded.TotalBits, report.TotalBits);
        Assert.Equal(coded.Predicted, report.Predicted);
        Assert.Equal(Enumerable.Range(0, bytes.Length), costs.Select(cost => (int)cost.Offset));
        var all = coded.BitsPerByte * coded.TotalBits / 8;
        Assert.Equal(all, costs.Sum(cost => cost.Cost), all * 1e-6);
        Assert.Equal(all / bytes.Length, report.BitsPerByte, 1e-6);
        Assert.All(report.Unlikely, span => Assert.Equal(Shown(bytes, span), span.Hex));
    }

    [Fact]
    public async Task Page_by_page_every_byte_of_a_whole_run_is_reported_once()
    {
        var file = Write("runs.bin", s_bytes[..4000]);
        await InstallRunsAsync();
        var costs = new List<long>();
        LongInferenceReport? page = null;
        do
        {
            page = await Service.InferAsync(
                new LongInferenceRequest
                {
                    File = file,
                    Model = "runs",
                    MaxWindows = 5,
                    Cursor = page?.NextCursor,
                    ByteRead = (offset, _) => costs.Add(offset),
                },
                progress: null,
                Cancellation
            );
        } while (page.NextCursor is not null);

        Assert.Equal(costs.Distinct().Order(), costs);
        Assert.InRange(costs.Count, 3000, 4000);
    }

    [Fact]
    public async Task Compressing_with_such_a_model_is_refused_by_name()
    {
        await InstallRunsAsync();

        var error = await Assert.ThrowsAsync<ContextException>(() =>
            Service
                .Get<BitCompressor>()
                .CompressAsync(new MemoryStream(s_bytes), new MemoryStream(), "runs", progress: null, Cancellation)
        );

        Assert.Contains("runs reads run-length coded bits", error.Message, StringComparison.Ordinal);
    }

    private static string Shown(byte[] bytes, UnlikelyBytes span) =>
        Convert.ToHexStringLower(bytes.AsSpan((int)span.Offset, span.Hex.Length / 2));

    private async Task<BitStreamReport> InferAsync(string file, string model, Action<long, double>? byteRead) =>
        (
            await Service.InferAsync(
                new LongInferenceRequest
                {
                    File = file,
                    Model = model,
                    ByteRead = byteRead,
                },
                progress: null,
                Cancellation
            )
        ).BitStream!;

    /// <summary>Installs the weights of the plain model as one that reads runs.</summary>
    private async Task InstallRunsAsync()
    {
        using var plain = SafetensorsFile.Open(PathOf(Plain));
        var metadata = new Dictionary<string, string>(plain.Metadata, StringComparer.Ordinal)
        {
            ["run_length"] = "true",
        };
        var path = Path.Combine(Folder.Path, "runs.safetensors");
        await using (var file = File.Create(path))
        {
            SafetensorsWriter.Write(file, [.. plain.Tensors.Select(tensor => Entry(plain, tensor))], metadata);
        }

        await Service.Models.InstallAsync(path, progress: null, Cancellation);
    }

    private static SafetensorsEntry Entry(SafetensorsFile file, KeyValuePair<string, TensorInfo> tensor)
    {
        int[] shape = [.. tensor.Value.Shape.Select(dimension => (int)dimension)];
        return new SafetensorsEntry(tensor.Key, shape, file.Read(tensor.Key, shape));
    }

    private static byte[] Runs(int runs)
    {
        var random = new Random(1);
        var bytes = new List<byte>();
        for (var i = 0; i < runs; i++)
        {
            var length = random.Next(10) == 0 ? random.Next(1, 700) : random.Next(1, 4);
            bytes.AddRange(Enumerable.Repeat((byte)random.Next(256), length));
        }

        return [.. bytes];
    }

    private sealed class Bytes(byte[] bytes) : IBitSource
    {
        public string Path => "bytes";

        public string Key => "bytes";

        public long Length => bytes.Length;

        public void Read(long offset, Span<byte> target) => bytes.AsSpan((int)offset, target.Length).CopyTo(target);

        public void Dispose() { }
    }
}
