using DevicePlugin.FunctionalTests.Nvml;
using DevicePlugin.Tests;

namespace DevicePlugin.FunctionalTests.Reservations;

/// <summary>
/// Podman with nothing of the machine's: storage, settings and state are in a folder of its own, and each command runs in
/// namespaces that end with it, so that no process and no mount is left.
/// </summary>
internal sealed class PodmanEngine : IDisposable
{
    private const string Image = "localhost/gpu-task";

    private static readonly string[] Namespaces =
        ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "--propagation", "private", "--"];

    private readonly string _root = Directory.CreateTempSubdirectory("podman").FullName;

    public PodmanEngine()
    {
        // The hard limits of a machine may be below Podman's defaults. Locks in shared memory would outlive the tests.
        File.WriteAllText(
            Settings,
            "[containers]\ndefault_ulimits = [\"nofile=1024:1024\", \"nproc=1024:1024\"]\n"
            + "[engine]\nlock_type = \"file\"\nevents_logger = \"none\"\n");
        var image = Shell.Try(ImageScript());
        var trial = image.ExitCode == 0 ? Run(_root, [], "true") : image;
        if (trial.ExitCode != 0)
        {
            Dispose();
        }

        Prerequisite.RequireOfMachine(
            trial.ExitCode == 0,
            $"Podman starts no container on this machine, which has to let root make namespaces, mounts and cgroups: {trial.Errors.Trim()}");
    }

    private string Settings => Path.Combine(_root, "containers.conf");

    // crun of Debian 12 needs a systemd that delegates cgroups, which a build machine may not have.
    private string Podman =>
        $"CONTAINERS_CONF='{Settings}' timeout 120 podman --runtime runc --cgroup-manager cgroupfs --storage-driver vfs "
        + $"--root '{_root}/storage' --runroot '{_root}/run' --tmpdir '{_root}/state'";

    private string Cgroup => $"/{Path.GetFileName(_root)}";

    public static void Require()
    {
        TaskSandbox.Require();
        Prerequisite.Command("podman", "podman");
        Prerequisite.Command("runc", "runc");
        Prerequisite.Command("busybox", "busybox-static");
    }

    /// <summary>Runs a command of busybox, or of the image, in a container.</summary>
    /// <param name="specFolder">The only folder in which Podman finds CDI specs.</param>
    /// <param name="options">Of <c>podman run</c>.</param>
    /// <param name="command">For busybox's shell.</param>
    public ShellRun Run(string specFolder, IEnumerable<string> options, string command) => Shell.Try(
        $"""
        mount -t tmpfs tmpfs /run
        mkdir /run/cdi
        mount --bind '{specFolder}' /run/cdi
        [ ! -d /etc/cdi ] || mount -t tmpfs tmpfs /etc/cdi
        {Podman} run --rm --network none --cgroup-parent '{Cgroup}' {string.Join(' ', options.Select(option => $"'{option}'"))} \
          {Image} /bin/busybox sh -c '{command}' < /dev/null
        """,
        Namespaces);

    public void Dispose()
    {
        Shell.Run($"find /sys/fs/cgroup -depth -type d -path '*{Cgroup}*' -exec rmdir '{{}}' +");
        Directory.Delete(_root, recursive: true);
    }

    private string ImageScript()
    {
        var mocks = Path.GetDirectoryName(PluginProcess.MockLibrary())!;
        return $$"""
            image='{{_root}}/image'
            mkdir -p "$image/bin" "$image/hardware"
            cp "$(command -v busybox)" '{{TaskSandbox.Program}}' "$image/bin/"
            for file in $(ldd "$(command -v busybox)" '{{TaskSandbox.Program}}' '{{mocks}}/libnvidia-ml.so.1' '{{mocks}}/libcuda.so.1' \
              | awk '$2 == "=>" && $3 ~ /^\// { print $3 } $1 ~ /^\// && NF == 2 { print $1 }' | sort -u); do
              mkdir -p "$image$(dirname "$file")"
              cp -L "$file" "$image$file"
            done
            tar -C "$image" -cf "$image.tar" .
            {{Podman}} import --quiet "$image.tar" {{Image}} < /dev/null
            """;
    }
}
