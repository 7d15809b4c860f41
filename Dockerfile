# Two programs from one build: the gateway (the default) and, by --target simulator, what it is developed against.
FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build
WORKDIR /source

# What decides the packages comes first, so that a change of code does not fetch them again.
COPY global.json Directory.Build.props Directory.Packages.props ./
COPY src/PspGateway.Domain/PspGateway.Domain.csproj src/PspGateway.Domain/packages.lock.json src/PspGateway.Domain/
COPY src/PspGateway/PspGateway.csproj src/PspGateway/packages.lock.json src/PspGateway/
COPY src/PspGateway.Simulator/PspGateway.Simulator.csproj src/PspGateway.Simulator/packages.lock.json src/PspGateway.Simulator/
RUN dotnet restore src/PspGateway/PspGateway.csproj --locked-mode \
    && dotnet restore src/PspGateway.Simulator/PspGateway.Simulator.csproj --locked-mode

COPY . .
RUN dotnet publish src/PspGateway/PspGateway.csproj -c Release --no-restore -p:UseAppHost=false -o /app/gateway \
    && dotnet publish src/PspGateway.Simulator/PspGateway.Simulator.csproj -c Release --no-restore -p:UseAppHost=false -o /app/simulator

# Folders that the programs may write to: a volume takes over the owner of the folder in the image.
RUN mkdir /keys && chmod 700 /keys


FROM mcr.microsoft.com/dotnet/aspnet:10.0 AS runtime
# No diagnostics: their socket and their dumps would need a writable file system, and a dump holds cards.
ENV DOTNET_EnableDiagnostics=0 \
    ASPNETCORE_URLS=http://+:8080
WORKDIR /app
EXPOSE 8080


FROM runtime AS simulator
COPY --from=build /app/simulator ./
USER $APP_UID
ENTRYPOINT ["dotnet", "PspGateway.Simulator.dll"]


FROM runtime AS gateway
COPY --from=build /app/gateway ./
COPY --from=build --chown=$APP_UID:$APP_UID /keys /keys
ENV Vault__KeyFolder=/keys
VOLUME ["/keys", "/tmp"]
USER $APP_UID
# The program asks itself: the image has no curl.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["dotnet", "PspGateway.dll", "health"]
ENTRYPOINT ["dotnet", "PspGateway.dll"]
