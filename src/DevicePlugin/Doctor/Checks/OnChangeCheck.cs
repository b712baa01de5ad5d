using DevicePlugin.Hardware.DeviceNodes;
using DevicePlugin.Hardware.Tools;

namespace DevicePlugin.Doctor.Checks;

/// <summary>Whether the program of <c>health.on_change</c> would be run.</summary>
internal sealed class OnChangeCheck() : Check("on-change", CheckScope.Linux)
{
    protected override Finding Look(Examination node)
    {
        if (node.Config.Health.OnChange is not { } path)
        {
            return Finding.Pass("health.on_change is not set");
        }

        if (new ProgramTrust(FileStatus.Read, node.Files.Locate).Resolve(path, out var distrust) is not { } program)
        {
            return Finding.Fail(
                $"the program is not run: {distrust}",
                "Let root own the file and every folder of its path, and nobody else write them (chown root, chmod go-w).");
        }

        return FileStatus.Read(node.Files.Locate(program)) is { IsExecutable: true }
            ? Finding.Pass($"{path} may be run")
            : Finding.Fail($"{path} is not executable", $"Run chmod 755 {program}.");
    }
}
