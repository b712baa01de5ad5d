using DevicePlugin.FunctionalTests.GoPlugin;

namespace DevicePlugin.FunctionalTests.Reservations;

/// <summary>
/// The proof of the CDI spec: Podman, which knows nothing of the plugin, starts containers by the names that reservations give,
/// and a program in them sees these devices and no others.
/// </summary>
[Platform("Linux")]
[Parallelizable(ParallelScope.Self)]
internal sealed class PodmanTests
{
    private PodmanEngine _podman = null!;

    [OneTimeSetUp]
    public void MakeEngine()
    {
        PodmanEngine.Require();
        _podman = new PodmanEngine();
    }

    [OneTimeTearDown]
    public void DisposeEngine() => _podman?.Dispose();

    [Test]
    public async Task WholeGpus_TheContainerSeesThoseAlone()
    {
        using var host = new HostRoot("dgx-h100");
        await using var plugin = await StartAsync(host);
        string[] ids = [plugin.Ids[6], plugin.Ids[1]];

        var run = RunTask(host, await NamesAsync(plugin, ids));

        Assert.That(Lines(run), Is.EquivalentTo([.. ids, "void"]), run.Errors);
    }

    [Test]
    public async Task MigInstance_TheContainerSeesItAlone()
    {
        using var host = new HostRoot("dgx-a100-mig");
        await using var plugin = await StartAsync(host);
        var id = plugin.Ids.Last(one => one.StartsWith("MIG-", StringComparison.Ordinal));

        var run = RunTask(host, await NamesAsync(plugin, id));

        Assert.That(Lines(run), Is.EqualTo([id, "void"]), run.Errors);
    }

    [Test]
    public async Task Graphics_TheContainerHasTheNodesAndFilesOfItsGpuAlone()
    {
        using var host = new HostRoot("dgx-h100");
        var nodes = host.MakeRenderNodes();
        host.InstallGraphics();
        await using var plugin = await StartAsync(
            host, """ "strategies":["cdi"],"driver_capabilities":["compute","utility","graphics"] """);
        var id = plugin.Ids[2];

        var names = (await NamesAsync(plugin, id)).SelectMany(name => (string[])["--device", name]);
        var run = _podman.Run(host.SpecFolder, names, "ls -d /dev/dri/* /dev/nvidia[0-9]* /etc/vulkan/icd.d/*");

        Assert.That(
            Lines(run),
            Is.EquivalentTo([.. nodes[id].Select(name => $"/dev/{name}"), "/dev/nvidia2", "/etc/vulkan/icd.d/nvidia_icd.json"]),
            run.Errors);
    }

    // The other program gives the name of the first GPU to the node of the second.
    [Test]
    public async Task AnotherSpecOfNvidiasKind_NeitherTakesTheNamesNorLosesItsOwn()
    {
        using var host = new HostRoot("dgx-h100");
        await using var plugin = await StartAsync(host);
        var id = plugin.Ids[0];
        var node = Path.Combine(host.DevRoot, "nvidia1");
        await File.WriteAllTextAsync(
            Path.Combine(host.SpecFolder, "nvidia.yaml"),
            $"cdiVersion: 0.5.0\nkind: nvidia.com/gpu\ndevices:\n- name: {id}\n  containerEdits:\n    deviceNodes:\n"
            + $"    - {{path: /dev/nvidia1, hostPath: {node}}}\n");
        await Eventually.BecomesTrue(() => File.ReadAllText(host.SpecPath).Contains("\"nomad-device-gpu/gpu\""));

        var ours = RunTask(host, await NamesAsync(plugin, id));
        var theirs = _podman.Run(host.SpecFolder, ["--device", $"nvidia.com/gpu={id}"], "ls /dev/nvidia*");

        Assert.That(Lines(ours), Is.EqualTo([id, "void"]), ours.Errors);
        Assert.That(Lines(theirs), Is.EqualTo(["/dev/nvidia1"]), theirs.Errors);
    }

    [Test]
    public async Task Maintenance_TheContainerDoesNotStartUntilItIsOver()
    {
        using var host = new HostRoot("one-gpu.json");
        await using var plugin = await StartAsync(host);
        var id = plugin.Device.ID;
        var names = await NamesAsync(plugin, id);

        await File.WriteAllTextAsync(host.MaintenancePath, "new firmware");
        await plugin.NextAsync();
        await Eventually.BecomesTrue(() => !File.Exists(host.SpecPath));
        var during = RunTask(host, names);

        File.Delete(host.MaintenancePath);
        Assert.That((await plugin.NextAsync()).Healthy, Is.True, plugin.Device.HealthDescription);
        var after = RunTask(host, names);

        Assert.That(during.ExitCode, Is.Not.Zero);
        Assert.That(during.Errors, Does.Contain("unresolvable CDI devices").And.Contain(id));
        Assert.That(Lines(after), Is.EqualTo([id, "void"]), after.Errors);
    }

    [Test]
    public async Task GraphicsWithSocketsAndExtraNodes_TheContainerHasThoseOfItsGpuAndWhatLoadersLookFor()
    {
        using var host = new HostRoot("dgx-h100");
        var nodes = host.MakeRenderNodes();
        host.InstallGraphics();
        using var daemon = host.Listen("nvidia-persistenced");
        host.MakeNodes(["gdrdrv", "nvidia-nvswitchctl", "nvidia-nvswitch0"]);
        await using var plugin = await StartAsync(
            host, """
            "strategies":["cdi"],"driver_capabilities":["compute","utility","graphics"],"sockets":["persistenced"],
            "extra_nodes":["gdrcopy","nvswitch"]
            """);
        var id = plugin.Ids[3];

        var run = RunTask(
            host, await NamesAsync(plugin, id),
            "/bin/gpu_task && ls /dev/dri && test -S /run/nvidia-persistenced/socket && cat /etc/vulkan/icd.d/nvidia_icd.json "
            + "&& ls -1 /dev/gdrdrv /dev/nvidia-nvswitch* /usr/local/nvidia/lib64/libGLX*");

        Assert.That(Lines(run), Is.EqualTo(
        (string[])[
            id, .. nodes[id].Select(name => name["dri/".Length..]), "{}", "/dev/gdrdrv", "/dev/nvidia-nvswitch0", "/dev/nvidia-nvswitchctl",
            "/usr/local/nvidia/lib64/libGLX_indirect.so.0", "/usr/local/nvidia/lib64/libGLX_nvidia.so.0",
        ]), run.Errors);
    }

    private static Task<ReservingPlugin> StartAsync(HostRoot host, string keys = "\"strategies\":[\"cdi\"]") => ReservingPlugin.StartAsync(
        host, $$"""{"cdi_spec_dir":"{{host.SpecFolder}}",{{keys}}}""");

    private static async Task<IReadOnlyList<string>> NamesAsync(ReservingPlugin plugin, params string[] ids) =>
        ReservingPlugin.CdiNamesOf(await plugin.ReserveAsync(ids));

    private static string[] Lines(ShellRun run) => run.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    // The scenario and the kernel's files stand in for the hardware; all else of the devices comes by their names.
    private ShellRun RunTask(
        HostRoot host, IEnumerable<string> names, string command = "/bin/gpu_task && echo $NVIDIA_VISIBLE_DEVICES") => _podman.Run(
        host.SpecFolder,
        [
            .. names.SelectMany(name => (string[])["--device", name]),
            "-v", $"{host.ScenarioPath}:/hardware/scenario:ro", "-v", $"{host.ProcRoot}:/hardware/proc:ro",
            "-e", "HWMOCKS_SCENARIO=/hardware/scenario", "-e", "GPU_TASK_PROC=/hardware/proc",
            "-e", "LD_LIBRARY_PATH=/usr/local/nvidia/lib64",
        ],
        command);
}
