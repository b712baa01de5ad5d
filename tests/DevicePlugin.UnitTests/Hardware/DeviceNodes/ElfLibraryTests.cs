using CsCheck;
using DevicePlugin.Hardware.DeviceNodes;
using DevicePlugin.Tests;

namespace DevicePlugin.UnitTests.Hardware.DeviceNodes;

internal sealed class ElfLibraryTests
{
    private TemporaryTree _tree = null!;

    [SetUp]
    public void SetUp() => _tree = new TemporaryTree();

    [TearDown]
    public void TearDown() => _tree.Dispose();

    [Test]
    public void Read_OfALibrary_IsItsSoName() =>
        Assert.That(Read(ElfImage.Create("libcuda.so.1")), Is.EqualTo("libcuda.so.1"));

    [Test]
    public void Read_OfALibraryWithoutAName_IsEmpty() => Assert.That(Read(ElfImage.Create(null)), Is.Empty);

    [Test]
    public void Read_OfThisRuntimesOwnLibrary_IsWhatTheLinkerWrote()
    {
        var library = Directory.GetFiles(AppContext.BaseDirectory, "*.so", SearchOption.AllDirectories)
            .Concat(Directory.GetFiles(Path.GetDirectoryName(typeof(object).Assembly.Location)!, "libSystem.Native.so"))
            .First();

        Assert.That(ElfLibrary.Read(library, out _), Is.EqualTo(LibraryKind.Ours));
    }

    [TestCase("")]
    [TestCase("../../etc/passwd")]
    [TestCase("a/b")]
    [TestCase(".")]
    [TestCase(".hidden")]
    [TestCase("lib cuda.so")]
    [TestCase("lib\ncuda.so")]
    public void Read_NameThatIsNoFileName_IsNone(string name) =>
        Assert.That(Read(ElfImage.Create(name)), Is.Null);

    [Test]
    public void Read_NameWithoutAnEnd_IsNone()
    {
        var image = ElfImage.Create(new string('a', 200));
        image.AsSpan(ElfImage.StringsOffset + 1).Fill((byte)'a');
        ElfImage.WriteEntry(image, 1, tag: 10, long.MaxValue);

        Assert.That(Read(image), Is.Null);
    }

    [TestCase((ushort)3)]
    [TestCase((ushort)40)]
    public void Read_OfAnotherMachine_IsNone(ushort machine) =>
        Assert.That(Read(ElfImage.Create("libcuda.so.1", machine)), Is.Null);

    [TestCase(4, 1, TestName = "32 bits")]
    [TestCase(5, 2, TestName = "big-endian")]
    [TestCase(0, 0, TestName = "no ELF")]
    [TestCase(16, 2, TestName = "a program")]
    public void Read_OfAnotherKindOfFile_IsNone(int offset, byte value)
    {
        var image = ElfImage.Create("libcuda.so.1");
        image[offset] = value;

        Assert.That(Read(image), Is.Null);
    }

    // Program headers' offset, the dynamic segment's offset and size, the strings' address and size, the name, the loaded
    // segment's offset, address and size.
    [TestCase(32)]
    [TestCase(64 + 56 + 8)]
    [TestCase(64 + 56 + 32)]
    [TestCase(ElfImage.DynamicOffset + 8)]
    [TestCase(ElfImage.DynamicOffset + 24)]
    [TestCase(ElfImage.DynamicOffset + 40)]
    [TestCase(64 + 8)]
    [TestCase(64 + 16)]
    [TestCase(64 + 32)]
    public void Read_WildNumbers_NeverReachOutsideTheFile(int offset)
    {
        foreach (var value in (long[])[-1, long.MinValue, long.MaxValue, 1L << 40, 0x2ff, 0x300, 0x301, int.MaxValue])
        {
            var image = ElfImage.Create("libcuda.so.1");
            ElfImage.Write64(image, offset, value);

            Assert.That(Read(image), Is.Null.Or.EqualTo("").Or.EqualTo("libcuda.so.1"), $"{value:x}");
        }
    }

    [Test]
    public void Read_AnyDamage_GivesAFileNameOrNothing() =>
        Gen.Select(Gen.Int[0, 0x2ff], Gen.Byte).Array[1, 12].Sample(
            damages =>
            {
                var image = ElfImage.Create("libcuda.so.1");
                foreach (var (at, value) in damages)
                {
                    image[at] = value;
                }

                var name = Read(image);
                return name is null || (!name.Contains('/') && !name.StartsWith('.'));
            },
            iter: 2000, threads: 1);

    [Test]
    public void Read_CutShort_IsNone() => Gen.Int[0, ElfImage.StringsOffset].Sample(
        length => Read(ElfImage.Create("libcuda.so.1")[..length]) is null, iter: 200, threads: 1);

    [Test]
    public void Read_NoFile_IsNone() =>
        Assert.That(ElfLibrary.Read(Path.Combine(_tree.Root, "none"), out _), Is.EqualTo(LibraryKind.Unreadable));

    [Test]
    public void Read_WhatIsNoName_SaysWhy()
    {
        Assert.That(KindOf(ElfImage.Create("libcuda.so.1")), Is.EqualTo(LibraryKind.Ours));
        Assert.That(KindOf(ElfImage.Create("libcuda.so.1", machine: 3)), Is.EqualTo(LibraryKind.OtherMachine));
        Assert.That(KindOf([]), Is.EqualTo(LibraryKind.NoLibrary));
        Assert.That(KindOf(new byte[4096]), Is.EqualTo(LibraryKind.NoLibrary), "as NVIDIA's installer makes it before it fills it");
        Assert.That(KindOf(ElfImage.Create("libcuda.so.1")[..0x200]), Is.EqualTo(LibraryKind.Unreadable));
    }

    private LibraryKind KindOf(byte[] image) => ElfLibrary.Read(_tree.Write("lib.so", image), out _);

    private string? Read(byte[] image)
    {
        _ = ElfLibrary.Read(_tree.Write("lib.so", image), out var name);
        return name;
    }
}
