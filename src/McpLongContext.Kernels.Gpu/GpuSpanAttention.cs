using System.Runtime.InteropServices;
using ILGPU;
using McpLongContext.Kernels.Devices;
using Half = System.Half;

namespace McpLongContext.Kernels.Gpu;

/// <summary>Attention over spans on a device: a launch for each pair of planes, and one that merges.</summary>
internal static class GpuSpanAttention
{
    /// <summary>Attends; <see langword="null"/> where the device fails or has not all that is attended to.</summary>
    public static SpanAttentionOutput? Attend(GpuDevice device, SpanAttentionInput input)
    {
        ArgumentNullException.ThrowIfNull(input);
        var planes = new List<(GpuKeys Keys, GpuKeys Values)>();
        foreach (var (keys, values) in input.Planes)
        {
            if (
                keys is not GpuKeys heldKeys
                || values is not GpuKeys heldValues
                || heldKeys.Device != device
                || heldValues.Device != device
                || heldKeys.Format != heldValues.Format
            )
            {
                return null;
            }

            planes.Add((heldKeys, heldValues));
        }

        return SpanAttentionInput.Takes(input.Dimensions) ? device.TryScan(() => Run(device, input, planes)) : null;
    }

    private static SpanAttentionOutput Run(
        GpuDevice device,
        SpanAttentionInput input,
        List<(GpuKeys Keys, GpuKeys Values)> planes
    )
    {
        var call = new Call(device, input);
        for (var i = 0; i < planes.Count; i++)
        {
            var (keys, values) = planes[i];
            if (keys.Format == KeyFormat.Half)
            {
                call.Launch<HalfNumbers>(i, keys.Words, keys.Scales, values.Words, values.Scales);
            }
            else
            {
                call.Launch<CodeNumbers>(i, keys.Words, keys.Scales, values.Words, values.Scales);
            }
        }

        var none = device.Buffers.Of<float>("no scales", 1);
        call.Launch<HalfNumbers>(
            SpanPart.Sequence,
            call.Words("keys", input.Keys),
            none,
            call.Words("values", input.Values),
            none
        );
        return call.Merge();
    }

    /// <summary>The buffers of a call.</summary>
    private sealed class Call
    {
        private readonly GpuDevice _device;
        private readonly SpanAttentionInput _input;
        private readonly ArrayView<SpanPart> _parts;
        private readonly ArrayView<float> _queries;
        private readonly ArrayView<int> _positions;
        private readonly ArrayView<float> _rotation;
        private readonly ArrayView<float> _largest;
        private readonly ArrayView<float> _sums;
        private readonly ArrayView<float> _outputs;

        public Call(GpuDevice device, SpanAttentionInput input)
        {
            (_device, _input) = (device, input);
            _parts = device.Buffers.Of<SpanPart>("parts", input.Parts);
            _queries = device.Buffers.Of<float>("query", input.Queries);
            _positions = device.Buffers.Of<int>("positions", input.Positions);
            _rotation = device.Buffers.Constant("rotation", input.Rotation);
            _largest = device.Buffers.Of<float>("largest", input.Parts.Length);
            _sums = device.Buffers.Of<float>("sums", input.Parts.Length);
            _outputs = device.Buffers.Of<float>("outputs", input.Parts.Length * input.Dimensions);
        }

        /// <summary>Numbers of the sequence.</summary>
        public ArrayView<int> Words(string name, Half[] numbers) =>
            _device.Buffers.Of(name, MemoryMarshal.Cast<Half, int>(numbers));

        public void Launch<TNumbers>(
            int plane,
            ArrayView<int> keys,
            ArrayView<float> keyScales,
            ArrayView<int> values,
            ArrayView<float> valueScales
        )
            where TNumbers : struct, IKeyNumbers
        {
            int[] indices = [.. Enumerable.Range(0, _input.Parts.Length).Where(i => _input.Parts[i].Plane == plane)];
            if (indices.Length == 0)
            {
                return;
            }

            _device.Accelerator.Launch(
                SpanKernels.Attend<TNumbers>,
                _device.Groups(indices.Length),
                _device.Buffers.Of<int>("indices", indices),
                _parts,
                keys,
                keyScales,
                values,
                valueScales,
                _queries,
                _positions,
                _rotation,
                _input.Scale,
                _largest,
                _sums,
                _outputs
            );
        }

        public SpanAttentionOutput Merge()
        {
            var starts = new int[_input.Positions.Length + 1];
            foreach (var part in _input.Parts)
            {
                starts[part.Query + 1]++;
            }

            for (var query = 0; query < _input.Positions.Length; query++)
            {
                starts[query + 1] += starts[query];
            }

            var shares = _device.Buffers.Of<float>("shares", _input.Parts.Length);
            var output = _device.Buffers.Of<float>("output", _input.Queries.Length);
            _device.Accelerator.Launch(
                SpanKernels.Merge,
                _device.Groups(_input.Positions.Length),
                _device.Buffers.Of<int>("starts", starts),
                _largest,
                _sums,
                _outputs,
                shares,
                output
            );
            return new SpanAttentionOutput(_device.Buffers.Read(output), _device.Buffers.Read(shares));
        }
    }
}
