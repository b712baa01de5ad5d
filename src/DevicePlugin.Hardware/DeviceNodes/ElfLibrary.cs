using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using DevicePlugin.Hardware.Files;
using Microsoft.Win32.SafeHandles;

namespace DevicePlugin.Hardware.DeviceNodes;

/// <summary>What a file that has a library's name turned out to be.</summary>
internal enum LibraryKind
{
    /// <summary>A library of this machine's kind.</summary>
    Ours,

    /// <summary>One of another kind of machine, such as one of 32 bits.</summary>
    OtherMachine,

    /// <summary>Not a library, or not yet: NVIDIA's installer sets a file's length before it fills it.</summary>
    NoLibrary,

    /// <summary>It cannot be read, or it is damaged.</summary>
    Unreadable,
}

/// <summary>
/// Reads the name by which programs ask for a shared library (DT_SONAME) from its file. Trusts nothing in it: every offset
/// is held against the file's length, and every table to a sane size.
/// </summary>
internal sealed partial class ElfLibrary
{
    // elf.h, for 64 bits and little-endian, which every machine with a driver of ours has.
    private const int HeaderSize = 64;
    private const int SegmentSize = 56;
    private const int EntrySize = 16;
    private const uint SegmentLoad = 1;
    private const uint SegmentDynamic = 2;
    private const long TagStringTable = 5;
    private const long TagStringTableSize = 10;
    private const long TagName = 14;

    private const int MostSegments = 64;
    private const int MostDynamicBytes = 64 * 1024;
    private const int LongestName = 255;

    private readonly SafeFileHandle _file;
    private readonly long _length;
    private byte[] _segments = [];

    private ElfLibrary(SafeFileHandle file)
    {
        _file = file;
        _length = RandomAccess.GetLength(file);
    }

    /// <param name="path">Of a file that may be a library.</param>
    /// <param name="name">Empty when the library has no name of its own; null unless it is of this machine's kind.</param>
    public static LibraryKind Read(string path, out string? name)
    {
        name = null;
        try
        {
            if (new FileInfo(path).Length < HeaderSize)
            {
                return LibraryKind.NoLibrary;
            }

            using var file = PlainFile.Open(path);
            var library = new ElfLibrary(file);
            if (library.Read(0, HeaderSize) is not { } header || !header.AsSpan().StartsWith("\u007fELF"u8))
            {
                return LibraryKind.NoLibrary;
            }

            if (!IsOurs(header))
            {
                return LibraryKind.OtherMachine;
            }

            name = library.ReadName(header);
            return name is null ? LibraryKind.Unreadable : LibraryKind.Ours;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            return LibraryKind.Unreadable;
        }
    }

    private string? ReadName(byte[] header) =>
        ReadSegments(header) && ReadDynamic() is { } dynamic ? FindName(dynamic) : null;

    private bool ReadSegments(byte[] header)
    {
        var count = BinaryPrimitives.ReadUInt16LittleEndian(header.AsSpan(56));
        if (BinaryPrimitives.ReadUInt16LittleEndian(header.AsSpan(54)) != SegmentSize || count is 0 or > MostSegments
            || Read(BinaryPrimitives.ReadInt64LittleEndian(header.AsSpan(32)), count * SegmentSize) is not { } segments)
        {
            return false;
        }

        _segments = segments;
        return true;
    }

    private static bool IsOurs(ReadOnlySpan<byte> header)
    {
        const byte Bits64 = 2;
        const byte LittleEndian = 1;
        const ushort SharedObject = 3;
        const int Aarch64 = 183;
        const int X86With64Bits = 62;
        var machine = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? Aarch64 : X86With64Bits;
        return header[4] == Bits64 && header[5] == LittleEndian
            && BinaryPrimitives.ReadUInt16LittleEndian(header[16..]) == SharedObject
            && BinaryPrimitives.ReadUInt16LittleEndian(header[18..]) == machine;
    }

    private byte[]? ReadDynamic()
    {
        for (var at = 0; at < _segments.Length; at += SegmentSize)
        {
            var segment = _segments.AsSpan(at, SegmentSize);
            if (BinaryPrimitives.ReadUInt32LittleEndian(segment) == SegmentDynamic)
            {
                return Read(
                    BinaryPrimitives.ReadInt64LittleEndian(segment[8..]),
                    BinaryPrimitives.ReadInt64LittleEndian(segment[32..]));
            }
        }

        return null;
    }

    private string? FindName(ReadOnlySpan<byte> dynamic)
    {
        var name = Find(dynamic, TagName);
        if (name is null)
        {
            return "";
        }

        if (Find(dynamic, TagStringTable) is not { } table || Find(dynamic, TagStringTableSize) is not { } size
            || name < 0 || name >= size || FindOffset(table) is not { } offset || name > _length - offset)
        {
            return null;
        }

        var at = offset + name.Value;
        return Read(at, Math.Min(Math.Min(LongestName + 1, size - name.Value), _length - at)) is { } text
            ? Decode(text)
            : null;
    }

    private static long? Find(ReadOnlySpan<byte> dynamic, long tag)
    {
        for (var at = 0; at + EntrySize <= dynamic.Length; at += EntrySize)
        {
            switch (BinaryPrimitives.ReadInt64LittleEndian(dynamic[at..]))
            {
                case 0:
                    return null;
                case var found when found == tag:
                    return BinaryPrimitives.ReadInt64LittleEndian(dynamic[(at + 8)..]);
            }
        }

        return null;
    }

    // The dynamic section holds addresses, and the segments say where in the file these are.
    private long? FindOffset(long address)
    {
        for (var at = 0; at < _segments.Length; at += SegmentSize)
        {
            var segment = _segments.AsSpan(at, SegmentSize);
            var offset = BinaryPrimitives.ReadInt64LittleEndian(segment[8..]);
            var start = BinaryPrimitives.ReadInt64LittleEndian(segment[16..]);
            var size = BinaryPrimitives.ReadInt64LittleEndian(segment[32..]);
            if (BinaryPrimitives.ReadUInt32LittleEndian(segment) == SegmentLoad
                && start >= 0 && address >= start && address - start < size
                && offset >= 0 && offset <= _length - (address - start))
            {
                return offset + (address - start);
            }
        }

        return null;
    }

    // A name becomes the last part of a path.
    private static string? Decode(ReadOnlySpan<byte> text)
    {
        var end = text.IndexOf((byte)0);
        if (end <= 0 || text[0] == (byte)'.')
        {
            return null;
        }

        foreach (var letter in text[..end])
        {
            if (!char.IsAsciiLetterOrDigit((char)letter) && !"+-._"u8.Contains(letter))
            {
                return null;
            }
        }

        return Encoding.ASCII.GetString(text[..end]);
    }

    /// <summary>Null unless all of it is in the file.</summary>
    private byte[]? Read(long offset, long size)
    {
        if (offset < 0 || size is <= 0 or > MostDynamicBytes || offset > _length - size)
        {
            return null;
        }

        var buffer = new byte[size];
        return RandomAccess.Read(_file, buffer, offset) == size ? buffer : null;
    }
}
