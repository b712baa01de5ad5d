using System.Text;
using DevicePlugin.Gpu;
using DevicePlugin.Hardware.KernelLog;

namespace DevicePlugin.UnitTests.Hardware.KernelLog;

internal sealed class KernelMessageTests
{
    [TestCase("NVRM: Xid (PCI:0000:3b:00): 79, pid=1234, name=python3, GPU has fallen off the bus.", "0000:3b:00.0", 79)]
    [TestCase("NVRM: Xid (PCI:0000:3b:00): 79, GPU has fallen off the bus.", "0000:3b:00.0", 79)]
    [TestCase("NVRM: Xid (PCI:0000:cb:00): 13, pid='<unknown>', name=<unknown>, Graphics SM Warp Exception", "0000:cb:00.0", 13)]
    [TestCase("NVRM: Xid (PCI:000f:01:1f): 119, pid=1, name=a, Timeout after 6s of waiting for RPC response", "000f:01:1f.0", 119)]
    [TestCase("NVRM: Xid (PCI:10000:01:00): 48, x", "10000:01:00.0", 48)]
    [TestCase("NVRM: Xid (0000:03:00): 13, 0003 00000000 00008297", "0000:03:00.0", 13)]
    [TestCase("NVRM: Xid (7:0): 6, PE0001", "0000:07:00.0", 6)]
    public void Parse_Xid_HasAddressAndNumber(string line, string address, long code)
    {
        var message = Parse(line)!;

        Assert.That((message.Kind, message.Address, message.Code), Is.EqualTo((KernelMessageKind.Xid, address, code)));
        Assert.That(message.ToEvent("GPU-a"), Is.EqualTo(new GpuEvent(GpuEventKind.Xid, "GPU-a", code)));
    }

    [TestCase("NVRM: Xid (PCI:0000:3b:00 GPU-I:01 GPU-CI:00): 31, pid=1, name=a, x", 1, 0)]
    [TestCase("NVRM: Xid (PCI:0000:3b:00 GPU-I:13): 94, x", 13, null)]
    public void Parse_XidOfAMigInstance_HasItsNumbers(string line, int gpuInstance, int? computeInstance)
    {
        var message = Parse(line)!;

        Assert.That((message.GpuInstance, message.ComputeInstance), Is.EqualTo(((int?)gpuInstance, computeInstance)));
    }

    [Test]
    public void Parse_AddressOfAGpu_HasItsUuid()
    {
        var message = Parse("NVRM: GPU at PCI:0000:3b:00: GPU-6ee8edb5-0ab0-4b5a-8ad9-7d3a8ad15fc1")!;

        Assert.That(
            (message.Kind, message.Address, message.Uuid),
            Is.EqualTo((KernelMessageKind.GpuAddress, "0000:3b:00.0", "GPU-6ee8edb5-0ab0-4b5a-8ad9-7d3a8ad15fc1")));
    }

    [Test]
    public void Parse_SwitchError_HasTheSwitchAndWhatItSays()
    {
        var message = Parse("nvidia-nvswitch3: SXid (PCI:0000:c3:00.0): 20009, Non-fatal, Link 28 RX Short Error Rate")!;

        Assert.That((message.Kind, message.Code), Is.EqualTo((KernelMessageKind.SwitchError, 20009)));
        Assert.That(message.Text, Is.EqualTo("nvidia-nvswitch3 (0000:c3:00.0): Non-fatal, Link 28 RX Short Error Rate"));
    }

    [TestCase("NVRM: loading NVIDIA UNIX x86_64 Kernel Module  580.105.08  Wed Oct 29 23:15:11 UTC 2025")]
    [TestCase("NVRM: loading NVIDIA UNIX Open Kernel Module for x86_64  570.158.01  Release Build")]
    public void Parse_LoadOfTheDriver_IsOne(string line) =>
        Assert.That(Parse(line)!.Kind, Is.EqualTo(KernelMessageKind.DriverLoading));

    // What the kernel says of a crash begins with the name of the process, of which anybody can choose 15 characters.
    [TestCase("NVRM: Xid (PCI:[4242]: segfault at 0 ip 0000000000401136 sp 00007ffd1b2c3d40 error 6 in a[401000+1000]")]
    [TestCase("NVRM: Xid (1:2)[4242]: segfault at 0 ip 0000000000401136")]
    [TestCase("NVRM: Xid (1:2 GPU-I:1)[4242]: segfault")]
    [TestCase("nvidia-nvswitch[4242]: segfault at 0")]
    [TestCase("oom-kill: task=NVRM: Xid (PCI:0000:3b:00): 79, GPU has fallen off the bus.")]
    [TestCase(" NVRM: Xid (PCI:0000:3b:00): 79, GPU has fallen off the bus.")]
    [TestCase(@"a\x0aNVRM: Xid (PCI:0000:3b:00): 79, GPU has fallen off the bus.")]
    [TestCase("NVRM: Xid (PCI:0000:3b:00): 79")]
    [TestCase("NVRM: Xid (PCI:0000:3b:00): -79, x")]
    [TestCase("NVRM: Xid (PCI:0000:3b:00): 79x, x")]
    [TestCase("NVRM: Xid (PCI:0000:3b:00) 79, x")]
    [TestCase("NVRM: Xid (PCI:0000:3b:zz): 79, x")]
    [TestCase("NVRM: Xid (PCI:0000:3b:00:00:00): 79, x")]
    [TestCase("NVRM: Xid (PCI:0000:3b:00): 4294967375, x")]
    [TestCase("NVRM: Xid (PCI:): 79, x")]
    [TestCase("NVRM: GPU at PCI:0000:3b:00: GPU-????????-????-????-????-????????????")]
    [TestCase("NVRM: GPU at PCI:0000:3b:00: GPU-6ee8edb5 and more")]
    [TestCase("NVRM: GPU at PCI:0000:3b:00: GPU-")]
    [TestCase("nvidia-nvswitch3: SXid (PCI:0000:c1:00.0): garbled, Fatal")]
    [TestCase("NVRM: GPU 0000:3b:00.0: GPU has fallen off the bus.")]
    [TestCase("NVRM: ")]
    [TestCase("")]
    public void Parse_AnythingElse_IsNothing(string line) => Assert.That(Parse(line), Is.Null);

    [Test]
    public void Parse_ProcessWithTheNameOfAnXid_IsTheXidThatTheKernelReports()
    {
        var message = Parse("NVRM: Xid (PCI:0000:3b:00): 31, pid=7, name=NVRM: Xid (PCI:0000:af:00): 79, x, MMU Fault")!;

        Assert.That((message.Address, message.Code), Is.EqualTo(("0000:3b:00.0", 31)));
    }

    private static KernelMessage? Parse(string line) => KernelMessage.Parse(Encoding.ASCII.GetBytes(line));
}
