using DevicePlugin.Hardware.Nvml;

namespace DevicePlugin.UnitTests.Hardware.Nvml;

/// <summary>The instances of a GPU in MIG mode, against a library with slots that a test fills.</summary>
internal sealed class MigLayoutTests
{
    private readonly Dictionary<uint, (nint Handle, string Uuid, uint Instance)> _slots = [];
    private ScriptedNvml _nvml = null!;
    private string? _name;
    private uint _mode;
    private uint _slotCount;
    private uint _asked;

    [SetUp]
    public void SetUp()
    {
        (_nvml, _name, _mode, _slotCount, _asked) = (new(), "NVIDIA H100 MIG 1g.10gb", 1, 7, 0);
        _slots.Clear();
        _nvml["nvmlDeviceGetMigMode"] = new ScriptedNvml.PairCall((_, current, pending) =>
        {
            ScriptedNvml.Answer(pending, _mode);
            return ScriptedNvml.Answer(current, _mode);
        });
        _nvml["nvmlDeviceGetMaxMigDeviceCount"] = new ScriptedNvml.DeviceCall((_, count) => ScriptedNvml.Answer(count, _slotCount));
        _nvml["nvmlDeviceGetMigDeviceHandleByIndex"] = new ScriptedNvml.SelectorCall((_, slot, handle) =>
        {
            _asked = Math.Max(_asked, slot + 1);
            return _mode == 0 ? NvmlReturn.InvalidArgument
                : _slots.TryGetValue(slot, out var device) ? ScriptedNvml.Answer(handle, (ulong)device.Handle)
                : NvmlReturn.NotFound;
        });
        _nvml["nvmlDeviceGetGpuInstanceId"] = new ScriptedNvml.DeviceCall((device, id) =>
            ScriptedNvml.Answer(id, _slots.Values.Single(slot => slot.Handle == device).Instance));
        _nvml.Number("nvmlDeviceGetComputeInstanceId", 0u);
        _nvml.Text("nvmlDeviceGetUUID", device => _slots.Values.Single(slot => slot.Handle == device).Uuid);
        _nvml.Text("nvmlDeviceGetName", _ => _name);
    }

    [Test]
    public void Refresh_NothingChanged_KeepsWhatItRead()
    {
        _slots[0] = (0x10, "MIG-0000-a", 3);
        var layout = Layout();
        var known = layout.Devices[0];

        Assert.That(layout.Refresh(full: false, hadInstances: true), Is.False);

        Assert.That(layout.Devices, Is.EqualTo(new[] { known }));
    }

    [Test]
    public void Refresh_UuidHasAnotherHandle_IsAskedThroughThatHandle()
    {
        _slots[0] = (0x10, "MIG-0000-a", 3);
        var layout = Layout();

        _slots[0] = (0x20, "MIG-0000-a", 5);
        layout.Refresh(full: false, hadInstances: true);

        var device = layout.Devices.Single();
        Assert.That((device.Query.Device, device.Instance.GpuInstanceId), Is.EqualTo(((nint)0x20, 5)));
    }

    [Test]
    public void Refresh_HandleIsReusedByAnotherInstance_IsThatInstance()
    {
        _slots[0] = (0x10, "MIG-0000-a", 3);
        var layout = Layout();

        _slots[0] = (0x10, "MIG-0000-b", 5);
        layout.Refresh(full: false, hadInstances: true);

        var device = layout.Devices.Single();
        Assert.That((device.Uuid, device.Instance.GpuInstanceId), Is.EqualTo(("MIG-0000-b", 5)));
    }

    [Test]
    public void Refresh_InstanceMovesToAnotherSlot_HasTheNewSlot()
    {
        _slots[0] = (0x10, "MIG-0000-a", 3);
        var layout = Layout();

        _slots.Remove(0);
        _slots[4] = (0x10, "MIG-0000-a", 3);
        layout.Refresh(full: false, hadInstances: true);

        Assert.That(layout.Devices.Single().Instance.Slot, Is.EqualTo(4));
    }

    [Test]
    public void Refresh_InstanceMovesAndItsNameDoesNotCome_HasTheNewSlotAllTheSame()
    {
        _slots[0] = (0x10, "MIG-0000-a", 3);
        var layout = Layout();

        _slots.Remove(0);
        _slots[4] = (0x10, "MIG-0000-a", 3);
        _name = null;
        layout.Refresh(full: false, hadInstances: true);

        Assert.That(layout.Devices.Single().Instance.Slot, Is.EqualTo(4));
    }

    [TestCase(false)]
    [TestCase(true)]
    public void Refresh_MigIsSwitchedOff_HasNoInstancesAndSaysThatTheModeChanged(bool full)
    {
        _slots[0] = (0x10, "MIG-0000-a", 3);
        var layout = Layout();
        Assert.That(layout.NeedsModeCall, Is.False, "the slots tell");

        _mode = 0;
        var hasChanged = layout.Refresh(full, hadInstances: true);

        Assert.That((hasChanged, layout.Mode, layout.Devices.Length), Is.EqualTo((true, false, 0)));
    }

    [TestCase(7u, 7u)]
    [TestCase(64u, 64u)]
    [TestCase(65u, 64u)]
    [TestCase(uint.MaxValue, 64u)]
    public void Refresh_LibraryNamesSlotsWithoutEnd_AsksForSixtyFour(uint count, uint asked)
    {
        _slotCount = count;

        Layout();

        Assert.That(_asked, Is.EqualTo(asked));
    }

    [Test]
    public void Refresh_NoMemoryInfoOfAnInstance_TakesTheSizeOfItsAttributes()
    {
        _slots[0] = (0x10, "MIG-0000-a", 3);
        _nvml["nvmlDeviceGetAttributes_v2"] = new ScriptedNvml.DeviceCall((_, attributes) =>
            ScriptedNvml.Answer(attributes + 32, 9728ul));
        Assert.That(Layout().Devices.Single().MemoryMiB, Is.EqualTo(9728));

        _nvml["nvmlDeviceGetMemoryInfo"] = new ScriptedNvml.DeviceCall((_, memory) => ScriptedNvml.Answer(memory, 10_000ul << 20));
        Assert.That(Layout().Devices.Single().MemoryMiB, Is.EqualTo(10_000));
    }

    private MigLayout Layout()
    {
        var layout = new MigLayout(_nvml.Query(), "GPU-parent");
        layout.Refresh(full: true, hadInstances: false);
        return layout;
    }
}
