using System.Buffers.Binary;
using System.Numerics;
using DevicePlugin.Hardware.Files;

namespace DevicePlugin.Hardware.DeviceNodes;

/// <summary>
/// What makes the loader, which trusts a library's headers, end the process instead of reporting an error. The content of the tables is
/// not checked: a relocation, a symbol or code that was changed may still crash the process.
/// </summary>
internal sealed partial class ElfLibrary
{
    private const long TagEnd = 0;
    private const long TagSymbols = 6;
    private const long TagHash = 4;
    private const long TagGnuHash = 0x6ffffef5;

    private const int HashHeader = 8;
    private const int GnuHashHeader = 16;

    // elf.h: tables by address, with the tag of their size where there is one. DT_PLTGOT, DT_INIT, DT_FINI, DT_VERSYM, DT_VERNEED and
    // DT_VERDEF have none.
    private static readonly (long Address, long Size)[] Tables =
    [
        (TagStringTable, TagStringTableSize), (TagSymbols, 0), (7, 8), (17, 18), (23, 2), (25, 27), (26, 28), (32, 33), (36, 35),
        (3, 0), (12, 0), (13, 0), (0x6ffffff0, 0), (0x6ffffffe, 0), (0x6ffffffc, 0),
    ];

    // DT_NEEDED, DT_SONAME, DT_RPATH and DT_RUNPATH: offsets into the string table.
    private static readonly long[] Names = [1, TagName, 15, 29];

    /// <summary>
    /// Why the loader must not be given the file; null if it may, since the loader reports all other defects itself. Opening a pipe
    /// would block it and every thread that starts meanwhile; reading a mapping beyond the end of a file (SIGBUS) or an address outside
    /// the segments (SIGSEGV) kills the process.
    /// </summary>
    public static string? FindDefect(string path)
    {
        try
        {
            using var file = PlainFile.Open(path);
            var library = new ElfLibrary(file);
            return library.Read(0, HeaderSize) is { } header && header.AsSpan().StartsWith("\u007fELF"u8) && IsOurs(header)
                ? library.FindDefect(header)
                : null;
        }
        catch (IOException exception) when (exception is FileNotFoundException || PlainFile.IsDanglingLink(path))
        {
            return null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            return exception.Message;
        }
    }

    private string? FindDefect(byte[] header)
    {
        if (!ReadSegments(header))
        {
            return "it is damaged: its program headers are not in the file";
        }

        var segments = Enumerable.Range(0, _segments.Length / SegmentSize)
            .Select(number => Segment.Read(_segments.AsSpan(number * SegmentSize, SegmentSize))).ToList();
        var loaded = segments.FindAll(segment => segment.Type == SegmentLoad);
        if (loaded.Exists(segment => segment.Offset < 0 || segment.FileSize < 0 || segment.Offset > _length - segment.FileSize))
        {
            return $"it is cut off: it has {_length} bytes, which is less than its headers say";
        }

        // The loader reserves memory from the first to the last, and maps each one over whatever is there.
        if (!loaded.TrueForAll(segment => segment.IsSane)
            || loaded.Zip(loaded.Skip(1)).Any(pair => pair.Second.Address < pair.First.Address + pair.First.MemorySize))
        {
            return "it is damaged: its segments overlap or are out of order";
        }

        return segments.Where(segment => segment.Type == SegmentDynamic)
            .Select(segment => FindDefect(segment, loaded)).FirstOrDefault(defect => defect is not null);
    }

    /// <summary>The loader reads the dynamic section at its address, not at its offset in the file.</summary>
    private string? FindDefect(Segment section, List<Segment> loaded)
    {
        const string Damaged = "it is damaged: its dynamic section";
        if (ReadAt(section.Address, section.FileSize, loaded) is not { } bytes)
        {
            return $"{Damaged} is not in its segments";
        }

        if (ReadEntries(bytes) is not { } entries)
        {
            return $"{Damaged} has no end";
        }

        if (!entries.ContainsKey(TagStringTable) || !entries.ContainsKey(TagSymbols))
        {
            return $"{Damaged} names no symbols";
        }

        foreach (var (address, size) in Tables)
        {
            if (entries.TryGetValue(address, out var start)
                && !loaded.Exists(segment => segment.Has(start, entries.GetValueOrDefault(size) is not 0 and var length ? length : 1)))
            {
                return $"{Damaged} leads out of its segments (tag 0x{address:x})";
            }
        }

        return Names.Any(name => entries.TryGetValue(name, out var offset)
                && (offset < 0 || offset >= entries.GetValueOrDefault(TagStringTableSize)))
            ? $"{Damaged} leads out of its strings"
            : HasSaneHashes(entries, loaded) ? null : $"{Damaged} has a hash table that leads out of its segments";
    }

    /// <summary>Null without an end. Of several entries with one tag the loader takes the last, but names are all used.</summary>
    private static Dictionary<long, long>? ReadEntries(ReadOnlySpan<byte> bytes)
    {
        var entries = new Dictionary<long, long>();
        for (var at = 0; at + EntrySize <= bytes.Length; at += EntrySize)
        {
            var tag = BinaryPrimitives.ReadInt64LittleEndian(bytes[at..]);
            var value = BinaryPrimitives.ReadInt64LittleEndian(bytes[(at + 8)..]);
            if (tag == TagEnd)
            {
                return entries;
            }

            // The largest offset of a name stands for all.
            entries[tag] = Names.Contains(tag) && entries.TryGetValue(tag, out var other) && (ulong)other > (ulong)value ? other : value;
        }

        return null;
    }

    private bool HasSaneHashes(Dictionary<long, long> entries, List<Segment> loaded)
    {
        if (entries.TryGetValue(TagHash, out var hash))
        {
            if (ReadAt(hash, HashHeader, loaded) is not { } head)
            {
                return false;
            }

            // Two numbers, then a table of each size.
            var cells = (long)Word(head, 0) + Word(head, 1);
            if (!loaded.Exists(segment => segment.Has(hash, HashHeader + (cells * sizeof(uint)))))
            {
                return false;
            }
        }

        if (!entries.TryGetValue(TagGnuHash, out var gnu))
        {
            return true;
        }

        if (ReadAt(gnu, GnuHashHeader, loaded) is not { } header)
        {
            return false;
        }

        // Buckets, first symbol, words of the filter, shift. glibc ends the process if the words are not a power of two.
        var (buckets, words) = (Word(header, 0), Word(header, 2));
        return BitOperations.IsPow2(words)
            && loaded.Exists(segment => segment.Has(gnu, GnuHashHeader + (words * (long)sizeof(ulong)) + (buckets * (long)sizeof(uint))));
    }

    private static uint Word(byte[] bytes, int number) =>
        BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(number * sizeof(uint)));

    /// <summary>Null unless all of it is in the part of one segment that comes from the file.</summary>
    private byte[]? ReadAt(long address, long size, List<Segment> loaded)
    {
        var segment = loaded.Find(segment => segment.Has(address, size));
        return segment.Type == SegmentLoad && address - segment.Address <= segment.FileSize - size
            ? Read(segment.Offset + (address - segment.Address), size)
            : null;
    }

    private readonly record struct Segment(uint Type, long Offset, long Address, long FileSize, long MemorySize)
    {
        // Addresses of programs are far below it.
        private const long MostAddress = 1L << 47;

        public bool IsSane => Address is >= 0 and < MostAddress && MemorySize is >= 0 and < MostAddress && FileSize <= MemorySize;

        public static Segment Read(ReadOnlySpan<byte> bytes) => new(
            BinaryPrimitives.ReadUInt32LittleEndian(bytes),
            BinaryPrimitives.ReadInt64LittleEndian(bytes[8..]),
            BinaryPrimitives.ReadInt64LittleEndian(bytes[16..]),
            BinaryPrimitives.ReadInt64LittleEndian(bytes[32..]),
            BinaryPrimitives.ReadInt64LittleEndian(bytes[40..]));

        public bool Has(long address, long size) =>
            size > 0 && address >= Address && size <= MemorySize && address - Address <= MemorySize - size;
    }
}
