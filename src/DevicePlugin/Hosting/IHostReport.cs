namespace DevicePlugin.Hosting;

/// <summary>Where the host tells its steps as they happen: to a person, or to a program.</summary>
internal interface IHostReport
{
    void Succeeded(string step, TimeSpan elapsed, HostStepResult result);

    void Failed(string step, TimeSpan elapsed, string error);
}
