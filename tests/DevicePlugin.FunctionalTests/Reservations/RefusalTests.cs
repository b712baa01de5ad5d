using DevicePlugin.FunctionalTests.GoPlugin;
using Grpc.Core;

namespace DevicePlugin.FunctionalTests.Reservations;

/// <summary>A device that cannot be handed to a task, as Nomad sees it: offered as unhealthy, and refused.</summary>
[Platform("Linux")]
[Parallelizable(ParallelScope.All)]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class RefusalTests
{
    private const string DeviceNodes = """ "strategies":["device-nodes"] """;
    private const string WithLibraries = """ "strategies":["device-nodes"],"driver_libraries":true """;

    [SetUp]
    public void SetUp() => TaskSandbox.Require();

    [TestCase("nvidia-uvm", DeviceNodes, "/dev/nvidia-uvm\" does not exist; run \"nvidia-modprobe -u -c 0\"")]
    [TestCase("nvidiactl", DeviceNodes, "/dev/nvidiactl\" does not exist")]
    [TestCase("nvidia0", DeviceNodes, "/dev/nvidia0\" does not exist")]
    [TestCase("nvidia0", """ "strategies":["cdi"] """, "/dev/nvidia0\" does not exist")]
    [TestCase("nvidia0", """ "strategies":["cdi-mounts"] """, "/dev/nvidia0\" does not exist")]
    [TestCase("nvidia0", """ "strategies":["cdi-envvar"] """, "/dev/nvidia0\" does not exist")]
    [TestCase("nvidia0", """ "strategies":["volume-mounts","device-nodes"] """, "/dev/nvidia0\" does not exist")]
    [TestCase("../driver/usr/lib/x86_64-linux-gnu/libcuda.so.580.95.05", WithLibraries, "libcuda.so.1")]
    [TestCase("../driver/usr/lib/x86_64-linux-gnu/libcuda.so.580.95.05", """ "strategies":["cdi"] """, "libcuda.so.1")]
    public async Task Missing_FileThatAStrategyNeeds_IsUnhealthyAndRefusedWhateverTheSwitchesSay(
        string file, string reserve, string reason)
    {
        using var host = new HostRoot("one-gpu.json");
        File.Delete(Path.Combine(host.DevRoot, file));
        foreach (var (isHealthJudged, allowUnhealthy) in ((bool, string)[])[(true, "false"), (false, "true")])
        {
            await using var plugin = await StartAsync(
                host, $$"""{{{reserve}},"allow_unhealthy":{{allowUnhealthy}}}""", isHealthJudged);

            Assert.That(plugin.Device.Healthy, Is.False);
            Assert.That(
                plugin.Device.HealthDescription, Does.StartWith("cannot be handed to a task: ").And.Contain(reason));
            Assert.That(await RefusalAsync(plugin), Does.Contain(reason));
        }
    }

    [Test]
    public async Task Cdi_SpecCannotBeWritten_IsUnhealthyAndRefused()
    {
        using var host = new HostRoot("one-gpu.json");
        await File.WriteAllTextAsync(host.SpecFolder, "in the way of the folder");

        await using var plugin = await StartAsync(host, """{"strategies":["cdi"],"allow_unhealthy":true}""", false);

        Assert.That(plugin.Device.Healthy, Is.False);
        Assert.That(plugin.Device.HealthDescription, Does.Contain(host.SpecFolder));
        Assert.That(await RefusalAsync(plugin), Does.Contain(host.SpecFolder));
    }

    [TestCase("cdi")]
    [TestCase("cdi-mounts")]
    [TestCase("cdi-envvar")]
    public async Task Cdi_Maintenance_RemovesTheSpecAndRefusesForThatReasonWhateverTheSwitchesSay(string strategy)
    {
        using var host = new HostRoot("one-gpu.json");
        await using var plugin = await StartAsync(
            host, $$"""{"strategies":["{{strategy}}"],"allow_unhealthy":true}""", isHealthJudged: false);
        await plugin.ReserveAsync(plugin.Device.ID);

        await File.WriteAllTextAsync(host.MaintenancePath, "new firmware");

        Assert.That((await plugin.NextAsync()).HealthDescription, Does.StartWith("maintenance: new firmware"));
        await Eventually.BecomesTrue(() => !File.Exists(host.SpecPath));
        Assert.That(
            await RefusalAsync(plugin), Does.Contain("no driver is in use: maintenance: new firmware").And.Not.Contain("driver_libraries"));

        File.Delete(host.MaintenancePath);
        Assert.That((await plugin.NextAsync()).Healthy, Is.True, plugin.Device.HealthDescription);
        await plugin.ReserveAsync(plugin.Device.ID);
    }

    [TestCase("libcuda.so.580.95.05")]
    [TestCase("libnvidia-ml.so.580.95.05")]
    public async Task Cdi_LibraryIsDamagedAtRunTime_LeavesNoNameBehind(string name)
    {
        using var host = new HostRoot("one-gpu.json");
        var library = Path.Combine(host.DriverRoot, "usr", "lib", "x86_64-linux-gnu", name);
        await using var plugin = await StartAsync(host, """{"strategies":["cdi"]}""");
        var whole = await File.ReadAllBytesAsync(library);

        // As a package does, by a file that takes the other's place.
        await File.WriteAllBytesAsync(library + ".new", whole[..4096]);
        File.Move(library + ".new", library, overwrite: true);

        Assert.That(await RefusalAsync(plugin), Does.Contain(library));
        Assert.That((await plugin.NextAsync()).HealthDescription, Does.Contain(library));
        Assert.That(host.SpecPath, Does.Not.Exist);

        await File.WriteAllBytesAsync(library, whole);
        Assert.That((await plugin.NextAsync()).Healthy, Is.True, plugin.Device.HealthDescription);
        await plugin.ReserveAsync(plugin.Device.ID);
    }

    [TestCase("cdi")]
    [TestCase("cdi-mounts")]
    [TestCase("cdi-envvar")]
    public async Task Cdi_SpecOfAnotherProgramAppears_GivesThePluginsItsOwnKindForGood(string strategy)
    {
        using var host = new HostRoot("one-gpu.json");
        var rival = Path.Combine(host.SpecFolder, "nvidia.yaml");
        await using (var plugin = await StartAsync(host, $$"""{"strategies":["{{strategy}}"]}"""))
        {
            Assert.That(await NamesAsync(plugin), Does.StartWith("nvidia.com/gpu=GPU-"));

            await File.WriteAllTextAsync(rival, "kind: nvidia.com/gpu\ndevices:\n- name: all\n");

            await Eventually.BecomesTrue(() => File.ReadAllText(host.SpecPath).Contains("\"nomad-device-gpu/gpu\""));
            Assert.That(await NamesAsync(plugin), Does.StartWith("nomad-device-gpu/gpu=GPU-"));
        }

        File.Delete(rival);
        await using var again = await StartAsync(host, $$"""{"strategies":["{{strategy}}"]}""");
        Assert.That(await NamesAsync(again), Does.StartWith("nomad-device-gpu/gpu=GPU-"));
    }

    [TestCase("nvidia-uvm")]
    [TestCase("nvidia0")]
    public async Task Node_VanishesAfterTheRefresh_IsRefusedAndToldAtOnce(string node)
    {
        using var host = new HostRoot("one-gpu.json");
        await using var plugin = await StartAsync(host, $$"""{{{DeviceNodes}}}""");
        Assert.That(plugin.Device.Healthy, Is.True, plugin.Device.HealthDescription);
        Assert.That((await plugin.ReserveAsync(plugin.Device.ID)).Devices, Is.Not.Empty);

        File.Delete(Path.Combine(host.DevRoot, node));

        Assert.That(await RefusalAsync(plugin), Does.Contain($"{node}\" does not exist"));
        Assert.That((await plugin.NextAsync()).HealthDescription, Does.Contain($"{node}\" does not exist"));

        host.MakeNodes([node]);
        Assert.That((await plugin.NextAsync()).Healthy, Is.True, plugin.Device.HealthDescription);
        Assert.That((await plugin.ReserveAsync(plugin.Device.ID)).Devices, Is.Not.Empty);
    }

    [Test]
    public async Task Wsl_DeviceNodes_GiveItsOneNode()
    {
        using var host = new HostRoot("wsl2.json");
        host.MakeNodes(["dxg"]);
        await using var plugin = await StartAsync(host, $$"""{{{DeviceNodes}}}""");

        Assert.That(plugin.Device.Healthy, Is.True, plugin.Device.HealthDescription);
        Assert.That(
            (await plugin.ReserveAsync(plugin.Device.ID)).Devices.Select(node => node.TaskPath), Is.EqualTo(["/dev/dxg"]));
    }

    [TestCase(WithLibraries)]
    [TestCase(""" "strategies":["cdi"] """)]
    public async Task Wsl_LibrariesOfWindows_AreGivenAndNeeded(string reserve)
    {
        using var host = new HostRoot("wsl2.json");
        host.MakeNodes(["dxg"]);
        await using (var plugin = await StartAsync(host, $$"""{{{reserve}}}"""))
        {
            Assert.That(plugin.Device.Healthy, Is.False);
            Assert.That(await RefusalAsync(plugin), Does.Contain("usr/lib/wsl/lib/libcuda.so.1"));
        }

        var windows = Directory.CreateDirectory(Path.Combine(host.DriverRoot, "usr", "lib", "wsl", "lib")).FullName;
        File.WriteAllText(Path.Combine(windows, "libcuda.so.1"), "");
        File.WriteAllText(Path.Combine(windows, "libdxcore.so"), "");
        await using var complete = await StartAsync(host, $$"""{{{reserve}}}""");
        var given = await complete.ReserveAsync(complete.Device.ID);

        Assert.That(complete.Device.Healthy, Is.True, complete.Device.HealthDescription);
        Assert.That(
            reserve == WithLibraries
                ? given.Mounts.Select(mount => mount.TaskPath)
                : [await File.ReadAllTextAsync(Path.Combine(host.SpecFolder, "nomad-device-gpu.json"))],
            Has.Some.Contains("/usr/lib/wsl"));
    }

    [TestCase("device-nodes")]
    [TestCase("cdi")]
    [TestCase("cdi-mounts")]
    public async Task Tegra_StrategyThatHandsOutNodes_IsUnhealthyAndRefused(string strategy)
    {
        using var host = new HostRoot("orin.json");
        await using var plugin = await StartAsync(
            host, $$"""{"strategies":["{{strategy}}"],"allow_unhealthy":true}""", isHealthJudged: false);

        Assert.That(plugin.Device.Healthy, Is.False);
        Assert.That(await RefusalAsync(plugin), Does.Contain("integrated GPU of a Tegra system"));
    }

    [Test]
    public async Task Tegra_StrategyOfTheContainerRuntime_IsGiven()
    {
        using var host = new HostRoot("orin.json");
        await using var plugin = await StartAsync(host, """{"strategies":["envvar"]}""");

        Assert.That(plugin.Device.Healthy, Is.True, plugin.Device.HealthDescription);
        Assert.That((await plugin.ReserveAsync(plugin.Device.ID)).Envs, Does.ContainKey("NVIDIA_VISIBLE_DEVICES"));
    }

    private static async Task<ReservingPlugin> StartAsync(HostRoot host, string reserve, bool isHealthJudged = true) =>
        await ReservingPlugin.StartAsync(
            host, reserve.Replace("{", $$"""{"cdi_spec_dir":"{{host.SpecFolder}}",""", StringComparison.Ordinal), isHealthJudged);

    private static async Task<string> NamesAsync(ReservingPlugin plugin) =>
        ReservingPlugin.CdiNamesOf(await plugin.ReserveAsync(plugin.Device.ID)).Single();

    private static async Task<string> RefusalAsync(ReservingPlugin plugin) =>
        (await Assert.ThrowsAsync<RpcException>(() => plugin.ReserveAsync(plugin.Device.ID)))!.Status.Detail;
}
