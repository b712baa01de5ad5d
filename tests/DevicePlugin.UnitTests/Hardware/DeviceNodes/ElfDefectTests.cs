using System.Buffers.Binary;
using DevicePlugin.Hardware.DeviceNodes;

namespace DevicePlugin.UnitTests.Hardware.DeviceNodes;

/// <summary>A real library, damaged where the loader believes what it reads.</summary>
[Platform("Linux")]
internal sealed class ElfDefectTests
{
    private static readonly string Library = Path.Combine(
        Path.GetDirectoryName(typeof(object).Assembly.Location)!, "libSystem.Native.so");

    private TemporaryTree _tree = null!;

    [SetUp]
    public void SetUp() => _tree = new TemporaryTree();

    [TearDown]
    public void TearDown() => _tree.Dispose();

    [Test]
    public void FindDefect_LibrariesOfThisMachine_HaveNone()
    {
        var libraries = Directory.GetFiles(Path.GetDirectoryName(Library)!, "*.so")
            .Concat(new[] { "/lib64", "/usr/lib64", "/lib/x86_64-linux-gnu", "/lib/aarch64-linux-gnu" }.Where(Directory.Exists)
                .SelectMany(folder => Directory.GetFiles(folder, "*.so.*")))
            .Where(path => ElfLibrary.Read(path, out _) == LibraryKind.Ours).Distinct().ToList();

        Assert.That(libraries, Has.Count.GreaterThan(5));
        Assert.That(libraries.Where(path => ElfLibrary.FindDefect(path) is not null).Select(path => $"{path}: {ElfLibrary.FindDefect(path)}"), Is.Empty);
    }

    [TestCase(16, 1L << 40, "is not in its segments")]
    [TestCase(16, -8L, "is not in its segments")]
    [TestCase(32, 1L << 40, "is not in its segments")]
    [TestCase(32, 16L, "has no end")]
    public void FindDefect_DynamicSegmentThatLeadsAway_IsFound(int field, long value, string defect) =>
        Assert.That(Damage(image => Write(image, SegmentOf(image, 2) + field, value)), Does.EndWith(defect));

    // elf.h: DT_HASH or DT_GNU_HASH, and DT_STRTAB, DT_SYMTAB, DT_RELA, DT_JMPREL, DT_INIT_ARRAY.
    [TestCase(5, "(tag 0x5)")]
    [TestCase(6, "(tag 0x6)")]
    [TestCase(7, "(tag 0x7)")]
    [TestCase(25, "(tag 0x19)")]
    [TestCase(0x6ffffef5, "hash table")]
    public void FindDefect_AddressOutsideTheSegments_IsFound(long tag, string defect)
    {
        foreach (var value in (long[])[1L << 40, -1, long.MinValue])
        {
            Assert.That(Damage(image => Write(image, EntryOf(image, tag) + 8, value)), Does.Contain(defect), $"{value:x}");
        }
    }

    [Test]
    public void FindDefect_SizeBeyondTheSegment_IsFound() =>
        Assert.That(Damage(image => Write(image, EntryOf(image, 8) + 8, 1L << 40)), Does.Contain("(tag 0x7)"));

    [Test]
    public void FindDefect_NameBeyondTheStrings_IsFound() =>
        Assert.That(Damage(image => Write(image, EntryOf(image, 1) + 8, 1L << 40)), Does.EndWith("leads out of its strings"));

    [Test]
    public void FindDefect_NoSymbols_IsFound() =>
        Assert.That(Damage(image => Write(image, EntryOf(image, 6), 0x6ffffffa)), Does.EndWith("names no symbols"));

    [Test]
    public void FindDefect_SegmentOverAnother_IsFound() =>
        Assert.That(Damage(image => Write(image, SegmentOf(image, 1) + 40, 1L << 40)), Does.EndWith("overlap or are out of order"));

    private string? Damage(Action<byte[]> damage)
    {
        var image = File.ReadAllBytes(Library);
        damage(image);
        return ElfLibrary.FindDefect(_tree.Write("lib.so", image));
    }

    private static int SegmentOf(byte[] image, uint type)
    {
        var at = (int)BinaryPrimitives.ReadInt64LittleEndian(image.AsSpan(32));
        while (BinaryPrimitives.ReadUInt32LittleEndian(image.AsSpan(at)) != type)
        {
            at += 56;
        }

        return at;
    }

    private static int EntryOf(byte[] image, long tag)
    {
        var at = (int)BinaryPrimitives.ReadInt64LittleEndian(image.AsSpan(SegmentOf(image, 2) + 8));
        while (BinaryPrimitives.ReadInt64LittleEndian(image.AsSpan(at)) is var found && found != tag)
        {
            Assert.That(found, Is.Not.Zero, "the library has no such entry");
            at += 16;
        }

        return at;
    }

    private static void Write(byte[] image, int at, long value) => BinaryPrimitives.WriteInt64LittleEndian(image.AsSpan(at), value);
}
