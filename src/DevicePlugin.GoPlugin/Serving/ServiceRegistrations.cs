using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace DevicePlugin.GoPlugin.Serving;

/// <summary>
/// Lets Kestrel register its services without a web host. The host would add configuration, content root, life time and
/// environment, none of which a plugin has, and a sixth of the time to the first answer.
/// </summary>
internal sealed class ServiceRegistrations(IServiceCollection services) : IWebHostBuilder
{
    private static readonly WebHostBuilderContext Context = new();

    public IWebHostBuilder ConfigureServices(Action<IServiceCollection> configureServices)
    {
        configureServices(services);
        return this;
    }

    public IWebHostBuilder ConfigureServices(Action<WebHostBuilderContext, IServiceCollection> configureServices)
    {
        configureServices(Context, services);
        return this;
    }

    public string? GetSetting(string key) => null;

    public IWebHostBuilder UseSetting(string key, string? value) => throw new NotSupportedException();

    public IWebHostBuilder ConfigureAppConfiguration(
        Action<WebHostBuilderContext, IConfigurationBuilder> configureDelegate) => throw new NotSupportedException();

#pragma warning disable ASPDEPR008 // A member of the interface, never called.
    public IWebHost Build() => throw new NotSupportedException();
#pragma warning restore ASPDEPR008
}
