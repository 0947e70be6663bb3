namespace McpLongContext.Kernels.MachineCode;

/// <summary>An address: base + index * scale + displacement.</summary>
/// <param name="Base">A register.</param>
/// <param name="Displacement">Bytes; for vectors a multiple of their size, at most 127 of them.</param>
/// <param name="Index">A register, or -1 for none.</param>
/// <param name="Scale">1, 2, 4 or 8.</param>
internal readonly record struct Address(int Base, int Displacement = 0, int Index = -1, int Scale = 1);

/// <summary>
/// Writes the x86-64 instructions that a register tile consists of, with vectors of 512 bits (Intel 64 Software
/// Developer's Manual, volume 2, chapter 2: EVEX and REX prefixes, ModRM, SIB and compressed displacements).
/// </summary>
internal sealed class Assembler
{
    public const int Rax = 0,
        Rcx = 1,
        Rdx = 2,
        Rdi = 7,
        R8 = 8,
        R9 = 9,
        R10 = 10,
        R11 = 11;

    private const int Map0F = 1;
    private const int Map0F38 = 2;
    private const int NoPrefix = 0;
    private const int Prefix66 = 1;
    private const int PrefixF3 = 2;
    private const int VectorBytes = 64;

    private readonly List<byte> _code = [];

    /// <summary>How much is written: where the next instruction begins.</summary>
    public int Position => _code.Count;

    public ReadOnlySpan<byte> Code => _code.ToArray();

    /// <summary>vmovdqu32 register, [source].</summary>
    public void Load(int register, Address source) => Vector(Map0F, PrefixF3, 0x6F, register, 0, source, VectorBytes);

    /// <summary>vmovdqu32 [destination], register.</summary>
    public void Store(int register, Address destination) =>
        Vector(Map0F, PrefixF3, 0x7F, register, 0, destination, VectorBytes);

    /// <summary>vpbroadcastd register, [source].</summary>
    public void Broadcast(int register, Address source) =>
        Vector(Map0F38, Prefix66, 0x58, register, 0, source, sizeof(int));

    /// <summary>
    /// vpdpbusd sums, left, right: in each lane sum += four unsigned bytes of left times four signed of right.
    /// </summary>
    public void DotProduct(int sums, int left, int right) => Vector(Map0F38, Prefix66, 0x50, sums, left, right);

    /// <summary>
    /// vpdpbusd sums, left, [right] to all lanes: as above, with the same four signed bytes in each lane.
    /// </summary>
    public void DotProduct(int sums, int left, Address right) =>
        Vector(Map0F38, Prefix66, 0x50, sums, left, right, sizeof(int), toAllLanes: true);

    /// <summary>vcvtdq2ps register, register: integers to floats.</summary>
    public void ToFloat(int register) => Vector(Map0F, NoPrefix, 0x5B, register, 0, register);

    /// <summary>vmulps register, register, factor: floats.</summary>
    public void Multiply(int register, int factor) => Vector(Map0F, NoPrefix, 0x59, register, register, factor);

    /// <summary>vfmadd231ps sums, left, [right] to all lanes: floats, sums += left * right.</summary>
    public void MultiplyAdd(int sums, int left, Address right) =>
        Vector(Map0F38, Prefix66, 0xB8, sums, left, right, sizeof(float), toAllLanes: true);

    /// <summary>vpxord register, register, register.</summary>
    public void Clear(int register) => Vector(Map0F, Prefix66, 0xEF, register, register, register);

    /// <summary>vzeroupper.</summary>
    public void ZeroUpper() => _code.AddRange([0xC5, 0xF8, 0x77]);

    /// <summary>mov register, source, 64 bits.</summary>
    public void Move(int register, int source) => Scalar(0x8B, register, source);

    /// <summary>mov register, [source], 64 bits.</summary>
    public void Move(int register, Address source) => Scalar(0x8B, register, source);

    /// <summary>lea register, [address].</summary>
    public void LoadAddress(int register, Address address) => Scalar(0x8D, register, address);

    /// <summary>add register, source.</summary>
    public void Add(int register, int source) => Scalar(0x03, register, source);

    /// <summary>add register, a constant of 32 bits.</summary>
    public void AddConstant(int register, int value)
    {
        _code.AddRange([(byte)(0x48 | register >> 3), 0x81, ModRm(3, 0, register)]);
        _code.AddRange(BitConverter.GetBytes(value));
    }

    /// <summary>dec register; jnz to a position before.</summary>
    public void DecrementAndLoop(int register, int position)
    {
        _code.AddRange([(byte)(0x48 | register >> 3), 0xFF, ModRm(3, 1, register), 0x0F, 0x85]);
        _code.AddRange(BitConverter.GetBytes(position - (_code.Count + sizeof(int))));
    }

    /// <summary>ret.</summary>
    public void Return() => _code.Add(0xC3);

    private static byte ModRm(int mode, int register, int operand) =>
        (byte)(mode << 6 | (register & 7) << 3 | (operand & 7));

    private void Scalar(byte opcode, int register, int source) =>
        _code.AddRange([(byte)(0x48 | register >> 3 << 2 | source >> 3), opcode, ModRm(3, register, source)]);

    private void Scalar(byte opcode, int register, Address address)
    {
        var index = Math.Max(0, address.Index) >> 3;
        _code.AddRange([(byte)(0x48 | register >> 3 << 2 | index << 1 | address.Base >> 3), opcode]);
        Memory(register, address, unit: 1);
    }

    private void Vector(int map, int prefix, byte opcode, int register, int other, int operand)
    {
        Evex(map, prefix, register, other, operand >> 3, operand >> 4, toAllLanes: false);
        _code.AddRange([opcode, ModRm(3, register, operand)]);
    }

    private void Vector(
        int map,
        int prefix,
        byte opcode,
        int register,
        int other,
        Address address,
        int unit,
        bool toAllLanes = false
    )
    {
        Evex(map, prefix, register, other, address.Base >> 3, Math.Max(0, address.Index) >> 3, toAllLanes);
        _code.Add(opcode);
        Memory(register, address, unit);
    }

    /// <summary>
    /// The prefix of 512-bit instructions; the bits that extend register numbers are stored inverted.
    /// </summary>
    private void Evex(int map, int prefix, int register, int other, int baseBit, int indexBit, bool toAllLanes)
    {
        var extension = (register >> 3 & 1) << 7 | (indexBit & 1) << 6 | (baseBit & 1) << 5 | (register >> 4) << 4;
        _code.AddRange([
            0x62,
            (byte)((extension ^ 0xF0) | map),
            (byte)((~other & 15) << 3 | 4 | prefix),
            (byte)(2 << 5 | (toAllLanes ? 1 : 0) << 4 | (~other >> 4 & 1) << 3),
        ]);
    }

    /// <summary>ModRM, SIB and a displacement of 8 bits that counts units.</summary>
    private void Memory(int register, Address address, int unit)
    {
        const int Sib = 4;
        var index = address.Index < 0 ? Sib : address.Index;
        var scale = int.Log2(address.Scale);
        _code.AddRange([
            ModRm(1, register, Sib),
            (byte)(scale << 6 | (index & 7) << 3 | (address.Base & 7)),
            checked((byte)(sbyte)(address.Displacement / unit)),
        ]);
    }
}
