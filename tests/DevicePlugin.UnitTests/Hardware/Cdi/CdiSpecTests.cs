using System.Text.Json;
using DevicePlugin.Gpu;
using DevicePlugin.Gpu.Health;
using DevicePlugin.Gpu.Inventories;
using DevicePlugin.Gpu.Reservations;
using DevicePlugin.Hardware.Cdi;
using DevicePlugin.Tests;

namespace DevicePlugin.UnitTests.Hardware.Cdi;

internal sealed class CdiSpecTests
{
    private static readonly GpuDevice Whole = TestGpus.Gpu(1);
    private static readonly GpuDevice Instance = WithSlot(TestGpus.Instance(TestGpus.Gpu(0), 9), 1);

    private static readonly NodeFiles Files = new()
    {
        SharedNodes = ["nvidiactl", "nvidia-uvm"],
        Devices =
        [
            new DeviceFiles(Whole.Uuid, ["nvidia1"]),
            new DeviceFiles(Instance.Uuid, ["nvidia0", "nvidia-caps/nvidia-cap30", "nvidia-caps/nvidia-cap31"]),
        ],
        Driver = new DriverFiles([new("/lib/libcuda.so.580", "/usr/local/nvidia/lib64/libcuda.so.1", IsReadOnly: true)]),
    };

    [Test]
    public void Write_AWholeGpuAndAnInstance_NamesThemByUuidAndByIndex()
    {
        using var spec = Write(Files, null, Whole, Instance);

        Assert.That(
            Devices(spec).Select(device => device.GetProperty("name").GetString()),
            Is.EqualTo([Instance.Uuid, "0:1", Whole.Uuid, "1"]));
        Assert.That(NodePaths(Devices(spec)[1]), Is.EqualTo(
            ["/dev/nvidia0", "/dev/nvidia-caps/nvidia-cap30", "/dev/nvidia-caps/nvidia-cap31"]));
        Assert.That(NodePaths(Devices(spec)[2]), Is.EqualTo(["/dev/nvidia1"]));
        Assert.That(NodePaths(spec.RootElement), Is.EqualTo(["/dev/nvidiactl", "/dev/nvidia-uvm"]));
    }

    [TestCase(true)]
    [TestCase(false)]
    public void Write_AnyNode_KeepsNvidiasRuntimeFromAddingDevices(bool hasSharedNodes)
    {
        using var spec = Write(hasSharedNodes ? Files : Files with { SharedNodes = [] }, null, Whole);

        // NVIDIA's container runtime reads "void" as: do nothing.
        Assert.That(
            Edits(spec).GetProperty("env").EnumerateArray().Select(variable => variable.GetString()),
            Is.EqualTo(["NVIDIA_VISIBLE_DEVICES=void"]));
    }

    [Test]
    public void Write_DevRootOfItsOwn_GivesThePathOnTheHost()
    {
        using var spec = Write(Files with { DevRoot = "/driver/dev" }, null, Whole);

        var node = Devices(spec)[0].GetProperty("containerEdits").GetProperty("deviceNodes")[0];
        Assert.That(node.GetProperty("path").GetString(), Is.EqualTo("/dev/nvidia1"));
        Assert.That(node.GetProperty("hostPath").GetString(), Is.EqualTo("/driver/dev/nvidia1"));
    }

    [Test]
    public void Write_HookProgram_MakesTheLoaderFindTheLibraries()
    {
        using var with = Write(Files, "/usr/bin/nvidia-cdi-hook", Whole);
        using var without = Write(Files, null, Whole);
        using var nothingToFind = Write(Files with { Driver = null }, "/usr/bin/nvidia-cdi-hook", Whole);

        Assert.That(
            Edits(with).GetProperty("hooks")[0].GetProperty("args").EnumerateArray().Select(x => x.GetString()),
            Is.EqualTo(["nvidia-cdi-hook", "update-ldcache", "--folder", "/usr/local/nvidia/lib64"]));
        Assert.That(Edits(without).TryGetProperty("hooks", out _), Is.False);
        Assert.That(Edits(nothingToFind).TryGetProperty("hooks", out _), Is.False);
    }

    // A loader's cache has a name that ends in ".so" only if it is a link, and without the cache the file does as well.
    [Test]
    public void Write_SecondNameOfALibrary_IsALinkWhereAProgramMakesOneAndAMountElsewhere()
    {
        const string Link = "/usr/local/nvidia/lib64/libcuda.so";
        var files = Files with
        {
            Driver = new DriverFiles([.. Files.Driver!.Mounts, new("/lib/libcuda.so.580", Link, IsReadOnly: true)])
            {
                Links = [new FileLink(Link, "libcuda.so.1")],
            },
        };

        using var with = Write(files, "/usr/bin/nvidia-cdi-hook", Whole);
        using var without = Write(files, null, Whole);

        Assert.That(MountPaths(with), Is.EqualTo(["/usr/local/nvidia/lib64/libcuda.so.1"]));
        Assert.That(
            Edits(with).GetProperty("hooks")[0].GetProperty("args").EnumerateArray().Select(x => x.GetString()),
            Is.EqualTo(["nvidia-cdi-hook", "create-symlinks", "--link", $"libcuda.so.1::{Link}"]));
        Assert.That(
            Edits(with).GetProperty("hooks")[1].GetProperty("args")[1].GetString(), Is.EqualTo("update-ldcache"),
            "the links have to be there before");
        Assert.That(MountPaths(without), Is.EqualTo(["/usr/local/nvidia/lib64/libcuda.so.1", Link]));
    }

    [Test]
    public void Write_ReplicasAndAnIndexUsedTwice_GiveEachNameOnce()
    {
        var gone = TestGpus.Gpu(0) with { Index = Whole.Index };
        var files = Files with { Devices = [.. Files.Devices, new DeviceFiles(gone.Uuid, ["nvidia7"])] };
        var inventory = new Inventory(
            new DriverStatus(DriverState.Loaded),
            [
                new(gone.Uuid, gone, new DeviceHealth(HealthState.Unhealthy, "lost")),
                new($"{Whole.Uuid}::0", Whole, DeviceHealth.Healthy), new($"{Whole.Uuid}::1", Whole, DeviceHealth.Healthy),
            ],
            isSimulated: false);

        using var spec = Write(files, null, inventory);

        Assert.That(
            Devices(spec).Select(device => device.GetProperty("name").GetString()),
            Is.EqualTo([gone.Uuid, Whole.Uuid, "1"]));
        Assert.That(NodePaths(Devices(spec)[2]), Is.EqualTo(["/dev/nvidia1"]), "the index is that of the GPU that can be used");
    }

    [Test]
    public void Write_Version_IsTheLowestThatTheContentNeeds()
    {
        using var withIndex = Write(Files, null, Whole);
        using var withoutIndex = Write(Files, null, Instance with { Mig = Instance.Mig! with { Slot = null } });
        using var elsewhere = Write(
            Files with { DevRoot = "/driver/dev" }, null, Instance with { Mig = Instance.Mig! with { Slot = null } });

        Assert.That(VersionOf(withIndex), Is.EqualTo("0.5.0"));
        Assert.That(VersionOf(withoutIndex), Is.EqualTo("0.3.0"));
        Assert.That(VersionOf(elsewhere), Is.EqualTo("0.5.0"));
    }

    [Test]
    public void Write_DeviceThatCannotBeUsed_IsLeftOut()
    {
        var files = Files with { Devices = [Files.Devices[0] with { Problem = "a node is missing" }, Files.Devices[1]] };

        using var spec = Write(files, null, Whole, Instance);

        Assert.That(Devices(spec), Has.Count.EqualTo(2));
    }

    [Test]
    public void Write_NoDeviceWithANode_IsNoSpec() => Assert.That(
        CdiSpec.Write(CdiNames.Kind, InventoryOf(Whole), new NodeFiles { Devices = [new DeviceFiles(Whole.Uuid, [])] }, null), Is.Null);

    [Test]
    public void Write_UuidThatIsNoName_IsNamedByItsIndexOnly()
    {
        var old = Instance with { Uuid = "MIG-GPU-8932f937/9/0" };
        var files = Files with { Devices = [new DeviceFiles(old.Uuid, ["nvidia0"])] };

        using var spec = Write(files, null, old);

        Assert.That(Devices(spec).Single().GetProperty("name").GetString(), Is.EqualTo("0:1"));
    }

    private static GpuDevice WithSlot(GpuDevice instance, int slot) =>
        instance with { Mig = instance.Mig! with { Slot = slot } };

    private static Inventory InventoryOf(params GpuDevice[] gpus) => new(
        new DriverStatus(DriverState.Loaded),
        gpus.Select(gpu => new InventoryDevice(gpu.Uuid, gpu, DeviceHealth.Healthy)),
        isSimulated: false);

    private static JsonDocument Write(NodeFiles files, string? hook, params GpuDevice[] gpus) => Write(files, hook, InventoryOf(gpus));

    // Checks every spec, so that no test has to remember it.
    private static JsonDocument Write(NodeFiles files, string? hook, Inventory inventory)
    {
        var spec = JsonDocument.Parse(CdiSpec.Write(CdiNames.Kind, inventory, files, hook)!.Bytes);
        CdiRules.AssertIsValid(spec.RootElement);
        return spec;
    }

    private static string? VersionOf(JsonDocument spec) => spec.RootElement.GetProperty("cdiVersion").GetString();

    private static List<JsonElement> Devices(JsonDocument spec) =>
        [.. spec.RootElement.GetProperty("devices").EnumerateArray()];

    private static JsonElement Edits(JsonDocument spec) => spec.RootElement.GetProperty("containerEdits");

    private static IEnumerable<string?> MountPaths(JsonDocument spec) =>
        Edits(spec).GetProperty("mounts").EnumerateArray().Select(mount => mount.GetProperty("containerPath").GetString());

    private static IEnumerable<string?> NodePaths(JsonElement holder) =>
        holder.GetProperty("containerEdits").GetProperty("deviceNodes").EnumerateArray()
            .Select(node => node.GetProperty("path").GetString());
}
