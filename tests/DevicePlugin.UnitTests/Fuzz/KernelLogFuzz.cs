using System.Text;
using DevicePlugin.Gpu;
using DevicePlugin.Hardware.KernelLog;
using DevicePlugin.Tests.Fuzz;
using Microsoft.Extensions.Time.Testing;

namespace DevicePlugin.UnitTests.Fuzz;

/// <summary>Lines of the kernel log, on the way from the bytes that are read to the events of GPUs.</summary>
internal sealed class KernelLogFuzz
{
    private const string Log =
        """
        6,1,100,-;NVRM: loading NVIDIA UNIX Open Kernel Module for x86_64  570.158.01  Release Build
        4,2,200,-;NVRM: GPU at PCI:0000:3b:00: GPU-6ee8edb5-0ab0-4b5a-8ad9-7d3a8ad15fc1
         SUBSYSTEM=pci
        3,3,300,-;NVRM: Xid (PCI:0000:3b:00): 79, pid=1234, name=python3, GPU has fallen off the bus.
        3,4,400,-;NVRM: Xid (PCI:0000:3b:00 GPU-I:01 GPU-CI:00): 31, pid=1, name=a, x
        3,5,500,-,caller=T1;nvidia-nvswitch3: SXid (PCI:0000:c3:00.0): 20009, Non-fatal, Link 28 RX Short Error Rate
        14,6,600,-;NVRM: Xid (PCI:0000:3b:00): 79, written by a user
        3,7,700,c;NVRM: Xid (PCI:0000:3b:00): 48, a fragment

        """;

    [Test]
    public void Lines_GiveEventsOfTheKernelOrNothing() => new FuzzRun(6000, Log)
    {
        Words = ["NVRM: Xid (", "NVRM: ", "PCI:", "GPU-I:", "): ", ",-;", "999999999", "1000000000", "\\x0a", "c", "loading NVIDIA UNIX"],
    }.Run(input =>
    {
        var time = new FakeTimeProvider();
        var clock = new KernelLogClock("/none", time);
        var buffer = new RecordBuffer();
        var tally = new XidTally();
        var length = 0;
        for (var rest = input.AsSpan(); rest.Length > 0; rest = rest[length..])
        {
            length = Math.Min(rest.Length, Math.Min(buffer.Free.Length, 8192));
            rest[..length].CopyTo(buffer.Free);
            buffer.Fill(length);
            while (buffer.TryTake(out var line))
            {
                See(line, clock, tally);
            }
        }

        foreach (var gpuEvent in tally.Take(_ => "GPU-1"))
        {
            FuzzRun.Require(gpuEvent is { Count: > 0, At: not null } && gpuEvent.At <= time.GetUtcNow(), "an event of the future");
        }
    });

    private static void See(ReadOnlySpan<byte> line, KernelLogClock clock, XidTally tally)
    {
        if (!KernelLogRecord.TryParse(line, out var record))
        {
            return;
        }

        FuzzRun.Require(record is { Sequence: >= 0, Microseconds: >= 0 }, "a negative number");
        var text = Encoding.Latin1.GetString(line);
        FuzzRun.Require(
            !record.IsTrusted || text[0] is >= '0' and <= '7' or '+' or '-', "a line that a user may write is trusted");
        var date = clock.DateOf(record.Microseconds);
        if (record.IsTrusted && KernelMessage.Parse(record.Text) is { } message)
        {
            FuzzRun.Require(message.Code is >= 0 and < 1_000_000_000, "a number that the driver does not have");
            FuzzRun.Require(
                message.Kind == KernelMessageKind.DriverLoading || PciBusId.Normalize(message.Address) == message.Address, "no address");
            FuzzRun.Require(message is { GpuInstance: null or >= 0, ComputeInstance: null or >= 0 }, "a negative instance");
            if (message.Kind is KernelMessageKind.Xid or KernelMessageKind.SwitchError)
            {
                tally.Add(message, date, new KernelLogPosition(null, record.Sequence));
            }
        }
    }
}
