using McpLongContext.Inference.Checkpoints;
using McpLongContext.Inference.Decoders;
using McpLongContext.Inference.Decoders.Checkpoints;
using McpLongContext.Inference.Decoders.Packed;
using McpLongContext.Inference.Layers;
using McpLongContext.Inference.Models;

namespace McpLongContext.Inference.Tests.Llama;

/// <summary>Packed weights are kept between loads: used where they are those of the checkpoint, and never otherwise.</summary>
public sealed class WeightCacheTests : IDisposable
{
    private static readonly int[] s_tokens = [3, 1, 4, 1, 5, 9, 2, 6];

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("weights-");
    private readonly string _model = Golden.PathOf("tiny-llama/qwen3");
    private readonly WeightCache _cache;

    public WeightCacheTests() => _cache = new WeightCache(PathOf("weights.int8"), "one");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void The_second_load_computes_with_what_the_first_has_written()
    {
        var expected = Logits(cache: null);
        Assert.Equal(expected, Logits(_cache));
        Assert.True(IsKept(_cache));
        var written = File.GetLastWriteTimeUtc(_cache.Path);
        Assert.Equal(expected, Logits(_cache));
        Assert.Equal(written, File.GetLastWriteTimeUtc(_cache.Path));
        Assert.False(File.Exists(_cache.Path + ".staged"));
    }

    [Fact]
    public void A_byte_that_flipped_anywhere_is_never_computed_with()
    {
        var expected = Logits(_cache);
        var sound = File.ReadAllBytes(_cache.Path);
        int[] places = [0, 8, 12, 20, 48, 60, 4095, 4096, sound.Length / 2, sound.Length - 1];
        foreach (var place in places)
        {
            var flipped = (byte[])sound.Clone();
            flipped[place] ^= 0x40;
            File.WriteAllBytes(_cache.Path, flipped);
            Assert.False(IsKept(_cache), $"byte {place}");
            Assert.Equal(expected, Logits(_cache));
            Assert.Equal(sound, File.ReadAllBytes(_cache.Path));
        }
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(-5000)]
    [InlineData(1)]
    [InlineData(int.MinValue)]
    public void A_file_of_another_length_is_written_anew(int change)
    {
        var expected = Logits(_cache);
        var length = new FileInfo(_cache.Path).Length;
        using (var file = File.OpenWrite(_cache.Path))
        {
            file.SetLength(Math.Max(0, length + change));
        }

        Assert.Equal(expected, Logits(_cache));
        Assert.Equal(length, new FileInfo(_cache.Path).Length);
        Assert.True(IsKept(_cache));
    }

    [Fact]
    public void Weights_of_another_content_are_not_used()
    {
        Logits(_cache);
        var other = _cache with { Content = "another" };
        Assert.False(IsKept(other));
        Logits(other);
        Assert.True(IsKept(other));
        Assert.False(IsKept(_cache));
    }

    [Fact]
    public void Where_nothing_can_be_written_a_model_loads_all_the_same()
    {
        var expected = Logits(cache: null);
        Assert.Equal(expected, Logits(_cache with { Path = PathOf("missing/weights.int8") }));
        File.WriteAllText(PathOf("file"), "");
        Assert.Equal(expected, Logits(_cache with { Path = PathOf("file/weights.int8") }));
        Directory.CreateDirectory(_cache.Path);
        Assert.Equal(expected, Logits(_cache));
    }

    [Fact]
    public void A_full_disk_leaves_no_half_of_a_file()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The device that is always full is Linux's.");
        File.CreateSymbolicLink(_cache.Path + ".staged", "/dev/full");
        Assert.Equal(Logits(cache: null), Logits(_cache));
        Assert.Equal(["weights.int8.lock"], _folder.GetFileSystemInfos().Select(file => file.Name));
    }

    [Fact]
    public void While_another_process_writes_the_file_a_model_is_packed_in_memory()
    {
        using (InstallLock.TryAcquire(_cache.Path + ".lock"))
        {
            Assert.Equal(Logits(cache: null), Logits(_cache));
            Assert.False(File.Exists(_cache.Path));
        }

        // What a process that died left is overwritten.
        File.WriteAllBytes(_cache.Path + ".staged", new byte[100_000]);
        Logits(_cache);
        Assert.True(IsKept(_cache));
    }

    [Fact]
    public async Task Many_loads_at_once_agree()
    {
        var expected = Logits(cache: null);
        var loads = Enumerable.Range(0, 8).Select(_ => Task.Run(() => Logits(_cache)));
        Assert.All(await Task.WhenAll(loads), found => Assert.Equal(expected, found));
        Assert.True(IsKept(_cache));
        Assert.False(File.Exists(_cache.Path + ".staged"));
    }

    [Fact]
    public void Weights_in_fp32_are_not_kept()
    {
        using var model = Decoder.Load(_model, Precision.Float32, cache: _cache);
        Assert.Empty(_folder.GetFileSystemInfos());
    }

    [Fact]
    public async Task The_cache_of_an_installed_model_goes_with_it_and_with_its_files()
    {
        var store = new ModelStore(new ModelStoreOptions { Folder = PathOf("models") });
        var installed = await store.InstallAsync(_model, cancellation: TestContext.Current.CancellationToken);
        var cache = WeightCache.Of(installed);
        using (Decoder.Load(installed.Folder, cache: cache))
        {
            Assert.True(IsKept(cache));
        }

        Assert.Equal(cache, WeightCache.Of(installed));
        var touched = Directory.GetFiles(installed.Folder, "*.safetensors")[0];
        File.SetLastWriteTimeUtc(touched, File.GetLastWriteTimeUtc(touched).AddSeconds(1));
        Assert.False(IsKept(WeightCache.Of(installed)));

        await store.RemoveAsync(installed.Name, TestContext.Current.CancellationToken);
        Assert.False(File.Exists(cache.Path));
    }

    [Fact]
    public void A_checkpoint_that_is_no_model_leaves_nothing_behind()
    {
        File.Copy(Path.Combine(_model, "config.json"), PathOf("config.json"));
        Assert.Throws<CheckpointException>(() => Decoder.Load(_folder.FullName, cache: _cache));
        Assert.False(File.Exists(_cache.Path));
    }

    private float[] Logits(WeightCache? cache)
    {
        using var model = Decoder.Load(_model, threads: 2, cache: cache);
        using var run = model.CreateSession(threads: 1);
        var states = new float[s_tokens.Length * model.Config.HiddenSize];
        var logits = new float[s_tokens.Length * model.Config.VocabularySize];
        run.Forward(s_tokens, states);
        run.Logits(states, logits);
        return logits;
    }

    private bool IsKept(WeightCache cache)
    {
        using var checkpoint = DecoderCheckpoint.Open(_model);
        MatrixReader[] matrices = [.. DecoderMatrix.All(checkpoint.Config).Select(checkpoint.Matrix)];
        using var threadPool = new ComputeThreadPool(1);
        using var packed = PackedWeights.Map(cache, matrices, threadPool);
        return packed is not null;
    }

    private string PathOf(string name) => Path.Combine(_folder.FullName, name);
}
