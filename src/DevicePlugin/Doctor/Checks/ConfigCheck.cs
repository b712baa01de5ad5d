namespace DevicePlugin.Doctor.Checks;

/// <summary>What SetConfig would say: an error stops the whole agent, a warning is a line in its log.</summary>
internal sealed class ConfigCheck() : Check("config")
{
    protected override Finding Look(Examination node)
    {
        var (source, errors, warnings) = node.Reading;
        return errors.Count > 0
            ? Finding.Fail(
                $"{source}: {string.Join("; ", errors)}",
                "Correct it: Nomad's agent does not start with it. The checks below go by the defaults.")
            : warnings.Count > 0
                ? Finding.Warn($"{source}: {string.Join(' ', warnings)}", "Write what is meant.")
                : Finding.Pass($"{source}: no errors");
    }
}
