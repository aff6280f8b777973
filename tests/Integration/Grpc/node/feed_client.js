// A proxy on Node: checks the operator's health, then follows its feed and prints each message as a line of JSON.
//
// feed_client.js <host:port> <CA file> <token file> <folder of .proto files>…
'use strict';

const fs = require('node:fs');
const grpc = require('@grpc/grpc-js');
const loader = require('@grpc/proto-loader');

const [target, authorities, tokenFile, ...protos] = process.argv.slice(2);
const load = (name) => grpc.loadPackageDefinition(loader.loadSync(name, { longs: String, enums: String, oneofs: true, includeDirs: protos }));
const { EndpointFeed } = load('endpoint_feed.proto').sshgateway.v1;
const { Health } = load('health.proto').grpc.health.v1;

const tls = grpc.credentials.createSsl(fs.readFileSync(authorities));
const bearer = grpc.credentials.createFromMetadataGenerator((_, done) => {
  const metadata = new grpc.Metadata();
  metadata.set('authorization', `Bearer ${fs.readFileSync(tokenFile, 'utf8').trim()}`);
  done(null, metadata);
});

const report = (fields) => console.log(JSON.stringify(fields));
const check = (client, service) => new Promise((resolve) => client.Check({ service }, (error, answer) => resolve(error ? grpc.status[error.code] : answer.status)));
const statusOf = (stream) => new Promise((resolve) => {
  stream.on('data', () => {});
  stream.on('error', (error) => resolve(grpc.status[error.code]));
  stream.on('end', () => resolve('OK'));
});

async function main() {
  const health = new Health(target, tls);
  report({
    server: await check(health, ''),
    service: await check(health, 'sshgateway.v1.EndpointFeed'),
    unknown_service: await check(health, 'nothing'),
    no_token: await statusOf(new EndpointFeed(target, tls).Watch()),
  });

  const stream = new EndpointFeed(target, grpc.credentials.combineChannelCredentials(tls, bearer)).Watch();
  stream.write({ hello: { proxyId: 'node', version: '1' } });
  stream.on('data', (message) => {
    report(message);
    if (message.message === 'syncComplete') {
      stream.write({ applied: { sequence: message.syncComplete.sequence } });
    } else if (message.message === 'delta') {
      stream.end();
    }
  });
  stream.on('error', (error) => report({ end: grpc.status[error.code], details: error.details }));
  stream.on('end', () => {
    report({ end: 'OK' });
    process.exit(0);
  });
}

main();
