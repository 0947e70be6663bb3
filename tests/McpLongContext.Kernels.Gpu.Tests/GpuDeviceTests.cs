using McpLongContext.Kernels.Devices;

namespace McpLongContext.Kernels.Gpu.Tests;

public sealed class GpuDeviceTests
{
    private static readonly SamplePlanes s_sample = new(new Random(1), 64, 10, 20);

    [Fact]
    public void Segments_go_to_the_device_that_has_most_room_and_then_to_none()
    {
        var bytes = GpuEmbeddings.BytesOf(s_sample.Planes);
        using var devices = new TestDevices(bytes, 2 * bytes);

        var held = Enumerable.Range(0, 3).Select(_ => devices.Search.Hold(s_sample.Planes)).ToList();

        Assert.DoesNotContain(null, held);
        Assert.Equal([bytes, 2 * bytes], devices.Search.Status.Select(device => device.HeldBytes));
        Assert.Empty(devices.Warnings);
        Assert.Null(devices.Search.Hold(s_sample.Planes));
        Assert.Null(devices.Search.Hold(s_sample.Planes));
        Assert.Contains("has no room left", Assert.Single(devices.Warnings), StringComparison.Ordinal);
        held[0]!.Dispose();
        held[0]!.Dispose();
        Assert.NotNull(devices.Search.Hold(s_sample.Planes));
    }

    [Fact]
    public void A_device_that_fails_is_given_up_with_one_warning()
    {
        using var devices = new TestDevices(1 << 20);
        using var held = devices.Search.Hold(s_sample.Planes)!;
        using var keys = devices.Search.Hold(new SampleKeys(new Random(5), 10, 8, KeyFormat.EightBit).Plane)!;
        Assert.True(keys.IsUsable);

        Assert.Null(devices.Devices[0].TryScan<string>(() => throw new NotSupportedException("lost")));

        Assert.Null(held.ScorePassages([0], new float[64]));
        Assert.False(keys.IsUsable);
        Assert.Null(devices.Search.Hold(s_sample.Planes));
        Assert.Contains("lost", Assert.Single(devices.Warnings), StringComparison.Ordinal);
        Assert.Equal("lost", devices.Search.Status[0].Failure);
    }

    [Fact]
    public void A_defect_of_a_scan_is_no_failure_of_the_device()
    {
        using var devices = new TestDevices(1 << 20);

        Assert.Throws<InvalidOperationException>(() =>
            devices.Devices[0].TryScan<string>(() => throw new InvalidOperationException())
        );

        Assert.Null(devices.Search.Status[0].Failure);
    }

    [Fact]
    public void Scans_are_counted()
    {
        using var devices = new TestDevices(1 << 20);
        using var held = devices.Search.Hold(s_sample.Planes)!;

        held.ScorePassages([0, 1], new float[64]);

        var status = devices.Search.Status[0];
        Assert.Equal(1, status.Scans);
        Assert.InRange(status.ScanTime, TimeSpan.FromTicks(1), status.OpenTime);
        Assert.Equal(status.ScanTime / status.OpenTime, status.ScanShare);
    }

    [Fact]
    public void Embeddings_keys_and_buffers_are_told_apart()
    {
        using var devices = new TestDevices(1 << 20);
        var plane = new SampleKeys(new Random(1), 30, 8, KeyFormat.EightBit).Plane;
        using var embeddings = devices.Search.Hold(s_sample.Planes)!;
        using var keys = devices.Search.Hold(plane)!;

        embeddings.ScorePassages([0, 1], new float[64]);

        var status = devices.Search.Status[0];
        Assert.Equal(GpuEmbeddings.BytesOf(s_sample.Planes), status.EmbeddingBytes);
        Assert.Equal(30 * (8 + sizeof(float)), status.KeyBytes);
        Assert.True(status.BufferBytes > 0);
        Assert.Equal(status.EmbeddingBytes + status.KeyBytes + status.BufferBytes, status.HeldBytes);
    }

    [Fact]
    public void After_disposal_nothing_is_held_or_scanned()
    {
        var devices = new TestDevices(1 << 20);
        var held = devices.Search.Hold(s_sample.Planes)!;

        devices.Dispose();

        Assert.Null(held.ScorePassages([0], new float[64]));
        held.Dispose();
    }

    [Fact]
    public void A_device_that_is_not_there_is_said_by_name()
    {
        var warnings = new List<string>();

        using var devices = GpuSearchDevices.Open(["cuda:63"], null, warnings.Add);

        Assert.Null(devices);
        Assert.Contains("cuda:63", Assert.Single(warnings), StringComparison.Ordinal);
    }
}
