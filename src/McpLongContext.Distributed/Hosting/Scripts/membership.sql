-- What Orleans' membership by ADO.NET reads and calls: its statements stand in orleansquery under the keys that it asks
-- for. A change counts only from the version of the membership that it was made for.
CREATE TABLE orleansquery(
  querykey text PRIMARY KEY,
  querytext text NOT NULL);

CREATE TABLE orleansmembershipversiontable(
  deploymentid varchar(150) PRIMARY KEY,
  timestamp timestamptz(3) NOT NULL DEFAULT now(),
  version integer NOT NULL DEFAULT 0);

CREATE TABLE orleansmembershiptable(
  deploymentid varchar(150) NOT NULL REFERENCES orleansmembershipversiontable,
  address varchar(45) NOT NULL,
  port integer NOT NULL,
  generation integer NOT NULL,
  siloname varchar(150) NOT NULL,
  hostname varchar(150) NOT NULL,
  status integer NOT NULL,
  proxyport integer,
  suspecttimes varchar(8000),
  starttime timestamptz(3) NOT NULL,
  iamalivetime timestamptz(3) NOT NULL,
  PRIMARY KEY (deploymentid, address, port, generation));

INSERT INTO orleansquery VALUES
('InsertMembershipVersionKey', $$
  WITH added AS (
    INSERT INTO orleansmembershipversiontable(deploymentid) VALUES (@DeploymentId)
    ON CONFLICT DO NOTHING
    RETURNING 1)
  SELECT count(*)::integer AS row_count FROM added
$$),
('InsertMembershipKey', $$
  WITH version AS (
    UPDATE orleansmembershipversiontable SET timestamp = now(), version = version + 1
    WHERE deploymentid = @DeploymentId AND version = @Version
      AND NOT EXISTS (
        SELECT 1 FROM orleansmembershiptable
        WHERE deploymentid = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation)
    RETURNING 1),
  added AS (
    INSERT INTO orleansmembershiptable(
      deploymentid, address, port, generation, siloname, hostname, status, proxyport, starttime, iamalivetime)
    SELECT
      @DeploymentId, @Address, @Port, @Generation, @SiloName, @HostName, @Status, @ProxyPort, @StartTime, @IAmAliveTime
    FROM version
    RETURNING 1)
  SELECT count(*)::integer AS row_count FROM added
$$),
('UpdateMembershipKey', $$
  WITH version AS (
    UPDATE orleansmembershipversiontable SET timestamp = now(), version = version + 1
    WHERE deploymentid = @DeploymentId AND version = @Version
    RETURNING 1),
  changed AS (
    UPDATE orleansmembershiptable
    SET status = @Status, suspecttimes = @SuspectTimes, iamalivetime = @IAmAliveTime
    WHERE deploymentid = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation
      AND EXISTS (SELECT 1 FROM version)
    RETURNING 1)
  SELECT count(*)::integer AS row_count FROM changed
$$),
('UpdateIAmAlivetimeKey', $$
  UPDATE orleansmembershiptable SET iamalivetime = @IAmAliveTime
  WHERE deploymentid = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation
$$),
('MembershipReadRowKey', $$
  SELECT v.deploymentid, m.address, m.port, m.generation, m.siloname, m.hostname, m.status, m.proxyport,
    m.suspecttimes, m.starttime, m.iamalivetime, v.version
  FROM orleansmembershipversiontable v
  LEFT JOIN orleansmembershiptable m
    ON m.deploymentid = v.deploymentid AND m.address = @Address AND m.port = @Port AND m.generation = @Generation
  WHERE v.deploymentid = @DeploymentId
$$),
('MembershipReadAllKey', $$
  SELECT v.deploymentid, m.address, m.port, m.generation, m.siloname, m.hostname, m.status, m.proxyport,
    m.suspecttimes, m.starttime, m.iamalivetime, v.version
  FROM orleansmembershipversiontable v
  LEFT JOIN orleansmembershiptable m ON m.deploymentid = v.deploymentid
  WHERE v.deploymentid = @DeploymentId
$$),
('DeleteMembershipTableEntriesKey', $$
  DELETE FROM orleansmembershiptable WHERE deploymentid = @DeploymentId;
  DELETE FROM orleansmembershipversiontable WHERE deploymentid = @DeploymentId
$$),
('CleanupDefunctSiloEntriesKey', $$
  DELETE FROM orleansmembershiptable
  WHERE deploymentid = @DeploymentId AND iamalivetime < @IAmAliveTime AND status <> 3
$$),
('CleanupDefunctSiloEntryKey', $$
  DELETE FROM orleansmembershiptable
  WHERE deploymentid = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation
$$),
('GatewaysQueryKey', $$
  SELECT address, proxyport, generation FROM orleansmembershiptable
  WHERE deploymentid = @DeploymentId AND status = @Status AND proxyport > 0
$$);
