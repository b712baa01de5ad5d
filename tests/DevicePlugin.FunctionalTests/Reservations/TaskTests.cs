using System.Text.Json;
using DevicePlugin.Nomad.Protocol;
using DevicePlugin.Tests;
using Grpc.Core;

namespace DevicePlugin.FunctionalTests.Reservations;

/// <summary>
/// The proof of a reservation: a program that has nothing but what the executable's reply gave it sees the reserved GPUs
/// through NVML, all of them and no other.
/// </summary>
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class TaskTests
{
    private const string WithLibraries = """{"strategies":["device-nodes"],"driver_libraries":true}""";

    // What the README tells users of images that are not NVIDIA's.
    private const string LibraryPath = "LD_LIBRARY_PATH=/usr/local/nvidia/lib64";

    [SetUp]
    public void SetUp() => TaskSandbox.Require();

    [Test]
    public async Task DeviceNodes_WholeGpus_TheTaskSeesThoseAlone()
    {
        using var host = new HostRoot("dgx-h100");
        await using var plugin = await ReservingPlugin.StartAsync(host, WithLibraries);
        string[] ids = [plugin.Ids[5], plugin.Ids[2]];

        var seen = new TaskSandbox(host).Run(await plugin.ReserveAsync(ids), LibraryPath);

        Assert.That(plugin.Ids, Has.Count.EqualTo(8));
        Assert.That(seen, Is.EquivalentTo(ids));
    }

    [Test]
    public async Task DeviceNodes_MigInstances_TheTaskSeesThoseAloneAlsoOnceRenumbered()
    {
        using var host = new HostRoot("dgx-a100-mig");
        await using var plugin = await ReservingPlugin.StartAsync(host, WithLibraries);
        var instances = plugin.Ids.Where(id => id.StartsWith("MIG-", StringComparison.Ordinal)).ToList();
        string[] ids = [instances[1], instances[^1]];
        var sandbox = new TaskSandbox(host);

        var before = await plugin.ReserveAsync(ids);
        Assert.That(sandbox.Run(before, LibraryPath), Is.EquivalentTo(ids));
        host.NumberCapabilities();
        Assert.That(sandbox.Run(before, LibraryPath), Is.Empty, "the old nodes are another instance's or nobody's");
        Assert.That(sandbox.Run(await plugin.ReserveAsync(ids), LibraryPath), Is.EquivalentTo(ids));
    }

    [Test]
    public async Task DeviceNodes_OneInstanceAndAWholeGpu_TheTaskSeesBoth()
    {
        using var host = new HostRoot("dgx-a100-mig");
        await using var plugin = await ReservingPlugin.StartAsync(host, WithLibraries);
        string[] ids =
        [
            plugin.Ids.First(id => id.StartsWith("MIG-", StringComparison.Ordinal)),
            plugin.Ids.First(id => id.StartsWith("GPU-", StringComparison.Ordinal)),
        ];

        Assert.That(new TaskSandbox(host).Run(await plugin.ReserveAsync(ids), LibraryPath), Is.EquivalentTo(ids));
    }

    [Test]
    public async Task SeveralDeviceBlocks_AddUpAsNomadMergesThem()
    {
        using var host = new HostRoot("dgx-h100");
        await using var plugin = await ReservingPlugin.StartAsync(host, WithLibraries);
        var merged = await plugin.ReserveAsync(plugin.Ids[0]);
        var second = await plugin.ReserveAsync(plugin.Ids[7]);

        // Nomad appends what a second block brings (device_hook.go); a driver makes a node that comes twice once.
        merged.Devices.Add(second.Devices.Where(node => !merged.Devices.Contains(node)));

        Assert.That(
            new TaskSandbox(host).Run(merged, LibraryPath), Is.EquivalentTo((string[])[plugin.Ids[0], plugin.Ids[7]]));
    }

    // A task of raw_exec: every node and library of the host is there, and the variable alone limits what CUDA sees.
    [Test]
    public async Task CudaVisibleDevices_WhereEveryNodeIsThere_LimitsTheTask()
    {
        using var host = new HostRoot("dgx-h100");
        await using var plugin = await ReservingPlugin.StartAsync(
            host, """{"strategies":["device-nodes"],"driver_libraries":true,"cuda_visible_devices":true}""");
        var all = await plugin.ReserveAsync([.. plugin.Ids]);
        var one = await plugin.ReserveAsync(plugin.Ids[3]);
        all.Envs["CUDA_VISIBLE_DEVICES"] = one.Envs["CUDA_VISIBLE_DEVICES"];

        Assert.That(new TaskSandbox(host).Run(all, LibraryPath), Is.EqualTo([plugin.Ids[3]]));
    }

    [TestCase("dgx-h100", "cdi")]
    [TestCase("dgx-a100-mig", "cdi")]
    [TestCase("dgx-a100-mig", "cdi-mounts")]
    [TestCase("dgx-h100", "cdi-envvar")]
    public async Task Cdi_EditsOfTheSpecForAName_GiveTheTaskThatDevice(string scenario, string strategy)
    {
        using var host = new HostRoot(scenario);
        await using var plugin = await ReservingPlugin.StartAsync(
            host, $$"""{"strategies":["{{strategy}}"],"cdi_spec_dir":"{{host.SpecFolder}}"}""");
        var id = plugin.Ids[^1];
        var names = ReservingPlugin.CdiNamesOf(await plugin.ReserveAsync(id));
        var path = Path.Combine(host.SpecFolder, "nomad-device-gpu.json");
        await GoPlugin.Eventually.BecomesTrue(() => File.Exists(path));
        using var spec = JsonDocument.Parse(File.ReadAllBytes(path));

        Assert.That(names, Is.EqualTo([$"nvidia.com/gpu={id}"]));
        Assert.That(new TaskSandbox(host).Run(Apply(spec.RootElement, id), LibraryPath), Is.EqualTo([id]));
    }

    [Test]
    public async Task Graphics_DeviceNodes_GiveTheNodesOfTheReservedGpusAlone()
    {
        using var host = new HostRoot("dgx-h100");
        var nodes = host.MakeRenderNodes();
        host.InstallGraphics();
        await using var plugin = await ReservingPlugin.StartAsync(
            host, """
            {"strategies":["device-nodes"],"driver_libraries":true,"driver_capabilities":["compute","utility","graphics"]}
            """);
        string[] ids = [plugin.Ids[5], plugin.Ids[2]];

        var given = await plugin.ReserveAsync(ids);

        Assert.That(
            given.Devices.Select(node => node.TaskPath).Where(path => path.StartsWith("/dev/dri", StringComparison.Ordinal)),
            Is.EquivalentTo(ids.SelectMany(id => nodes[id]).Select(name => $"/dev/{name}")));
        Assert.That(given.Envs["NVIDIA_DRIVER_CAPABILITIES"], Is.EqualTo("compute,utility,graphics"));
        Assert.That(given.Mounts.Select(mount => mount.TaskPath), Has.Some.EqualTo("/etc/vulkan/icd.d/nvidia_icd.json"));
        Assert.That(new TaskSandbox(host).Run(given, LibraryPath), Is.EquivalentTo(ids));

        // Another GPU's node takes the place.
        File.Delete(Path.Combine(host.DevRoot, nodes[ids[0]][0]));
        Shell.Run($"mknod '{host.DevRoot}/{nodes[ids[0]][0]}' c 226 99");
        var error = await Assert.ThrowsAsync<RpcException>(() => plugin.ReserveAsync(ids));
        Assert.That(error!.Status.Detail, Does.Contain(ids[0]).And.Contain("is not the GPU's node for rendering"));
    }

    [Test]
    public async Task Graphics_Cdi_HasTheNodesOfEachGpuWithItsNames()
    {
        using var host = new HostRoot("dgx-a100-mig");
        var nodes = host.MakeRenderNodes();
        host.InstallGraphics();
        await using var plugin = await ReservingPlugin.StartAsync(
            host, $$"""{"strategies":["cdi"],"driver_capabilities":["all"],"cdi_spec_dir":"{{host.SpecFolder}}"}""");
        await plugin.ReserveAsync(plugin.Ids[0]);
        CdiRules.AssertResolves(host.SpecPath, $"nvidia.com/gpu={plugin.Ids[0]}");
        using var spec = JsonDocument.Parse(await File.ReadAllBytesAsync(host.SpecPath));

        Assert.That(plugin.Ids, Has.Some.StartsWith("MIG-"));
        foreach (var id in plugin.Ids)
        {
            Assert.That(
                Apply(spec.RootElement, id).Devices.Select(node => node.TaskPath).Where(path => path.Contains("/dri/")),
                Is.EquivalentTo(nodes.TryGetValue(id, out var own) ? own.Select(name => $"/dev/{name}") : []), id);
        }
    }

    [Test]
    public async Task Driver_ThatIsNotUnderItsRoot_IsOneClearError()
    {
        using var host = new HostRoot("dgx-h100");
        await using var plugin = await ReservingPlugin.StartAsync(host, WithLibraries);
        foreach (var library in Directory.GetFiles(host.DriverRoot, "*.so.5*", SearchOption.AllDirectories))
        {
            File.Delete(library);
        }

        var error = await Assert.ThrowsAsync<RpcException>(() => plugin.ReserveAsync(plugin.Ids[0]));

        Assert.That(error!.StatusCode, Is.EqualTo(StatusCode.InvalidArgument));
        Assert.That(error!.Status.Detail, Does.Contain("lib*.so.").And.Contain(host.DriverRoot));
    }

    [Test]
    public async Task Node_ThatIsMissing_IsOneClearError()
    {
        using var host = new HostRoot("dgx-h100");
        await using var plugin = await ReservingPlugin.StartAsync(host, WithLibraries);
        File.Delete(Path.Combine(host.DevRoot, "nvidia0"));

        var error = await Assert.ThrowsAsync<RpcException>(() => plugin.ReserveAsync([.. plugin.Ids]));

        Assert.That(error!.Status.Detail, Does.Contain(plugin.Ids[0]).And.Contain("nvidia0"));
    }

    /// <summary>What a runtime makes of the spec for one device.</summary>
    private static ContainerReservation Apply(JsonElement spec, string name)
    {
        var reservation = new ContainerReservation();
        var device = spec.GetProperty("devices").EnumerateArray()
            .Single(device => device.GetProperty("name").GetString() == name);
        foreach (var edits in (JsonElement[])[spec.GetProperty("containerEdits"), device.GetProperty("containerEdits")])
        {
            foreach (var node in Items(edits, "deviceNodes"))
            {
                var path = node.GetProperty("path").GetString()!;
                var host = node.TryGetProperty("hostPath", out var hostPath) ? hostPath.GetString()! : path;
                reservation.Devices.Add(new DeviceSpec { TaskPath = path, HostPath = host, Permissions = "rw" });
            }

            foreach (var mount in Items(edits, "mounts"))
            {
                reservation.Mounts.Add(new Mount
                {
                    TaskPath = mount.GetProperty("containerPath").GetString()!,
                    HostPath = mount.GetProperty("hostPath").GetString()!,
                    ReadOnly = true,
                });
            }
        }

        return reservation;
    }

    private static JsonElement[] Items(JsonElement edits, string key) =>
        edits.TryGetProperty(key, out var items) ? [.. items.EnumerateArray()] : [];
}
