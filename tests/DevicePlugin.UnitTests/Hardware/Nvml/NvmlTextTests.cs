using System.Text;
using CsCheck;
using DevicePlugin.Hardware.Nvml;

namespace DevicePlugin.UnitTests.Hardware.Nvml;

internal sealed class NvmlTextTests
{
    [TestCase("NVIDIA H100 80GB HBM3\0garbage", "NVIDIA H100 80GB HBM3")]
    [TestCase("no end", "no end")]
    [TestCase("a\u0007b\nc", null)]
    [TestCase("????0", null)]
    [TestCase("---", null)]
    [TestCase("a/b", "a/b")]
    [TestCase("  padded  \0", "padded")]
    [TestCase("\0", null)]
    [TestCase("   \0", null)]
    public void Read_Buffer_IsItsTextOrNothing(string buffer, string? expected) =>
        Assert.That(NvmlText.Read(Encoding.UTF8.GetBytes(buffer)), Is.EqualTo(expected));

    [Test]
    public void Read_InvalidUtf8_IsNoText() => Assert.That(NvmlText.Read([0xff, (byte)'A', 0xc3, 0]), Is.Null);

    [Test]
    public void Read_AnyBytes_AreTextOrNothing() =>
        Gen.Byte.Array[0, 200].Sample(bytes => NvmlText.Read(bytes) is not { } text
            || (text.Any(char.IsLetterOrDigit) && !text.Any(c => char.IsControl(c) || c is '?' or '\uFFFD')));

    [TestCase("GPU-fef8089b-0000-0000-0000-000000000001")]
    [TestCase("MIG-fef8089b-0000-0000-0000-000000000001")]
    [TestCase("MIG-GPU-fef8089b-0000-0000-0000-000000000001/13/0")]
    public void ReadUuid_KnownForms_AreTaken(string uuid) =>
        Assert.That(NvmlText.ReadUuid(Encoding.ASCII.GetBytes(uuid + "\0rest")), Is.EqualTo(uuid));

    [TestCase("")]
    [TestCase("GPU-1")]
    [TestCase("GPU-fef8089b 0000-0000-0000-000000000001")]
    [TestCase("GPU-fef8089b\u00010000-0000-0000-000000000001")]
    [TestCase("GPU-fef8089b::1-0000-0000-000000000001")]
    public void ReadUuid_WhatIsNoIdentity_IsRefused(string uuid) =>
        Assert.That(NvmlText.ReadUuid(Encoding.ASCII.GetBytes(uuid + "\0")), Is.Null);

    [Test]
    public void ReadUuid_SeventyNineCharacters_IsRefused() =>
        Assert.That(NvmlText.ReadUuid([.. Enumerable.Repeat((byte)'a', 79), 0]), Is.Null);

    [Test]
    public void ReadUuid_Unterminated_IsRefused() =>
        Assert.That(NvmlText.ReadUuid([.. "GPU-fef8089b-0000-0000-0000-000000000001"u8]), Is.Null);
}
