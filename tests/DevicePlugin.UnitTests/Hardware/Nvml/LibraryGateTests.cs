using DevicePlugin.Hardware.Nvml;
using DevicePlugin.Hardware.Nvml.Native;

namespace DevicePlugin.UnitTests.Hardware.Nvml;

internal sealed class LibraryGateTests
{
    [Test]
    public void Close_NobodyInside_IsDoneAtOnceAndLetsNobodyIn()
    {
        var gate = new LibraryGate();

        Assert.That(gate.Close().IsCompleted, Is.True);
        Assert.That(gate.TryEnter(), Is.False);
        Assert.That(gate.Inside, Is.Zero);
    }

    [Test]
    public void Close_ThreadsInside_IsDoneWithTheLastOfThem()
    {
        var gate = new LibraryGate();
        gate.TryEnter();
        gate.TryEnter();

        var closed = gate.Close();
        Assert.That(gate.TryEnter(), Is.False);
        Assert.That(gate.Inside, Is.EqualTo(2));
        gate.Leave();
        Assert.That(closed.IsCompleted, Is.False);
        gate.Leave();

        Assert.That(closed.IsCompleted, Is.True);
        Assert.That(gate.Close(), Is.SameAs(closed), "closed twice");
    }

    [Test]
    public void Call_OfAClosedLibrary_IsNotMade()
    {
        var gate = new LibraryGate();
        gate.Close();

        // The address is none: making the call would end the process.
        Assert.That(new NativeFunction("nvmlFoo", 1, null, gate).Call(), Is.EqualTo(NvmlReturn.Uninitialized));
    }
}
