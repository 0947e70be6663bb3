using McpLongContext.Kernels.Devices;

namespace McpLongContext.LongAttention.Unlimiformer.Selection;

/// <summary>Parts of a scan that are computed together: one here, or all that the same keys on a device hold.</summary>
/// <param name="Keys">The keys on a device; <see langword="null"/>: the parts are computed here.</param>
/// <param name="Parts">The parts, counted from 0 in the order of the token memory.</param>
/// <param name="Ranges">Their tokens on the device.</param>
internal sealed record ScanWork(IDeviceKeys? Keys, int[] Parts, TokenRange[] Ranges)
{
    /// <summary>Divides the parts of a scan by where their keys lie.</summary>
    /// <param name="parts">The parts.</param>
    /// <param name="plane">The plane of the keys.</param>
    public static IReadOnlyList<ScanWork> Of(IReadOnlyList<KeyScan.Part> parts, int plane = KeyLayout.SelectionPlane)
    {
        var here = new List<ScanWork>();
        var onDevices = new Dictionary<IDeviceKeys, List<(int Part, TokenRange Range)>>();
        for (var i = 0; i < parts.Count; i++)
        {
            if (parts[i].Block.OnDevice(plane) is { } held)
            {
                onDevices.TryAdd(held.Keys, []);
                onDevices[held.Keys].Add((i, new TokenRange(held.FirstToken + parts[i].First, parts[i].Count)));
            }
            else
            {
                here.Add(new ScanWork(null, [i], []));
            }
        }

        // Devices first: the processor computes beside them.
        return
        [
            .. onDevices.Select(one => new ScanWork(
                one.Key,
                [.. one.Value.Select(held => held.Part)],
                [.. one.Value.Select(held => held.Range)]
            )),
            .. here,
        ];
    }
}
