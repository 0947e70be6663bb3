using McpLongContext.Inference.Bits;
using McpLongContext.LongAttention.Bits;
using McpLongContext.Training.Commands;

namespace McpLongContext.Training.Tests.Commands;

/// <summary>Bit models of a few thousand parameters, trained as a user does.</summary>
public sealed class BitsCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("bits-").FullName;
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();

    private string Home => Path.Combine(_folder, "home");

    private string Model => Path.Combine(Home, "training", "bits", BitTransformer.FileName);

    public BitsCommandTests()
    {
        Directory.CreateDirectory(Home);
        File.WriteAllText(
            Path.Combine(_folder, "text.txt"),
            string.Concat(Enumerable.Repeat("A line of text.\n", 200))
        );
    }

    public void Dispose()
    {
        Directory.Delete(_folder, recursive: true);
        _output.Dispose();
        _error.Dispose();
    }

    [Fact]
    public async Task A_training_takes_what_was_measured_on_this_machine_unless_it_is_given()
    {
        new BitDefaults
        {
            Ram = 1 << 30,
            MaxSeqLen = 128,
            ChunkSize = 32,
            Overlap = 16,
            Reversible = true,
            UseAct = false,
            Bfloat16 = true,
            Batch = 2,
            Quantize = false,
        }.Write(Home);

        Assert.Equal(0, await RunAsync("--chunk-size", "64"));

        var config = BitTransformer.Load(Model).Config;
        Assert.Equal((128, 64, 16), (config.MaxLength, config.ChunkSize, config.ChunkOverlap));
        Assert.True(config.IsReversible);
        Assert.False(config.IsAdaptive);
    }

    [Fact]
    public async Task Without_measurements_a_short_window_shortens_the_overlap()
    {
        Assert.Equal(0, await RunAsync("--max-length", "128", "--chunk-size", "64"));

        var config = BitTransformer.Load(Model).Config;
        Assert.Equal((128, 64, 128), (config.MaxLength, config.ChunkSize, config.ChunkOverlap));
        Assert.False(config.IsReversible);
    }

    [Theory]
    [InlineData("--direct-prob 2", "--direct-prob 2: expected a share, 0 to 1.")]
    [InlineData("--max-length 0", "--max-length 0: expected a number above 0.")]
    [InlineData("--heads 3", "d_model: 16 found, expected a multiple of 6")]
    [InlineData("--max-length 64 --chunk-size 32 --overlap 65", "overlap: 65 found, expected at most max_seq_len, 64")]
    public async Task Wrong_options_are_refused_by_name(string options, string message)
    {
        Assert.Equal(ExitCode.Failed, await RunAsync(options.Split(' ')));

        Assert.Contains(message, _error.ToString(), StringComparison.Ordinal);
    }

    private Task<int> RunAsync(params string[] options) =>
        CommandLine.RunAsync(
            [
                "bits",
                Path.Combine(_folder, "text.txt"),
                "--home",
                Home,
                "--width",
                "16",
                .. options.Contains("--heads") ? Array.Empty<string>() : ["--heads", "2"],
                "--layers",
                "1",
                "--feed-forward",
                "16",
                "--steps",
                "2",
                "--threads",
                "1",
                .. options,
            ],
            _output,
            _error,
            TestContext.Current.CancellationToken
        );
}
