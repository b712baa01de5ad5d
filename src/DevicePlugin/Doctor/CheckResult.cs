namespace DevicePlugin.Doctor;

internal sealed record CheckResult(string Id, Finding Finding);
