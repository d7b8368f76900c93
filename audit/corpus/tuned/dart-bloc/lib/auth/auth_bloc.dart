import 'package:bloc/bloc.dart';
import 'package:fullstory_flutter/fs.dart';

class AuthBloc extends Bloc<AuthEvent, AuthState> {
  final AuthRepository repository;
  final TokenStorage storage;

  AuthBloc(this.repository, this.storage) : super(AuthInitial()) {
    on<LoginRequested>(_onLogin);
    on<LogoutRequested>(_onLogout);
  }

  Future<void> _onLogin(LoginRequested event, Emitter<AuthState> emit) async {
    final user = await repository.login(event.email, event.password);
    await FS.identify(user.id, {'displayName': user.name});
    emit(AuthAuthenticated(user));
  }

  Future<void> _onLogout(LogoutRequested event, Emitter<AuthState> emit) async {
    // expect: PB001
    await repository.logout();
    await storage.delete(key: 'token');
    emit(AuthUnauthenticated());
  }
}
